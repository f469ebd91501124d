/** Short texts to try the page with, in a menu. */

import { placeBelow } from "./placement.js";

const $ = (id) => document.getElementById(id);

export const EXAMPLES = {
  News: `Harbour town votes on ferry link

HALVERSUND – The council of Halversund voted on Tuesday evening to lease two electric ferries from the Danish operator Kattegat Lines, ending a dispute that has divided the port for most of a year. The boats, the Astrid and the smaller Freya, will run every forty minutes between the Old Quay and Brannoy Island from March 2027.

"This is a good day for the islanders," said Mayor Ingrid Solheim, who had threatened to resign over the plan in June. Her deputy, Lars Mikkelsen of the Coastal Party, abstained. The lease will cost 7.25m kroner a year, about a third of which comes from the Nordic Council of Ministers.`,
  Posts: `anyone else at Northfold tonight?? @the_marlows just played Paper Lanterns and i am NOT ok 😭

hot take: the new Lumen phone is the old Lumen phone with a sticker on it

ok so Priya got the job at Harrow & Pike!!! dinner at Casa Elba on friday, who's in

PSA the 14 to Millbrook is not running until monday, take the tram from St Anne's #northfold`,
  "Log lines": `2026-03-02 08:14:07 INFO  gateway: the session of user mkowalska was opened from Gdansk
2026-03-02 08:14:09 WARN  billing: Stripe did not answer, and the charge is to be tried again in 30 s
2026-03-02 08:15:41 ERROR store: the disk of node kestrel-3 is full, and replica Oslo has the writes
2026-03-02 08:16:02 INFO  mail: the report "Q1 Forecast" was sent to Daniel Okafor at Brightwater Energy`,
  Dialogue: `ANNA: You told Mr. Castellan that we would be in Lisbon by Sunday?
THEO: I told him Porto. Marguerite said Lisbon, and he believed her, because everybody does.
ANNA: Then who has the keys to the house on Rua das Flores?
THEO: The Pereiras. Or the bank. It was the bank in August.
ANNA: I am calling Aunt Judith.`,
};

/** The menu of examples; `take(name, text)` gets the one that is chosen. */
export function offerExamples(take) {
  const buttons = Object.keys(EXAMPLES).map((name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => {
      $("menu").hidePopover();
      take(name, EXAMPLES[name]);
    });
    return button;
  });
  $("menu").replaceChildren(...buttons);
  $("menu").addEventListener("toggle", ({ newState }) => {
    $("examples").setAttribute("aria-expanded", newState === "open");
    if (newState === "open") placeBelow($("menu"), $("examples").getBoundingClientRect(), 6);
  });
}
