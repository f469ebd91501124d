/** Steps through the occurrences of an entity in the text, with a bar that shows which one it is. */

import { shortLine } from "./printable.js";

const bar = document.getElementById("walk");

export class Occurrences {
  #view;
  #group = null;
  #current = 0;
  #button = null; // in the list, to go back to

  constructor(view) {
    this.#view = view;
    bar.addEventListener("click", ({ target: { value } }) => {
      if (value === "0") {
        this.stop();
        this.#button.focus();
      } else if (value) this.#step(Number(value));
    });
  }

  /** Go to the first occurrence of a group, or to the next one if the group is shown already. */
  start(group, button) {
    this.#button = button;
    if (group !== this.#group) [this.#group, this.#current] = [group, -1];
    bar.hidden = false;
    this.#step(1);
  }

  stop() {
    this.#group = null;
    bar.hidden = true;
    this.#view.reveal(null);
  }

  #step(by) {
    const { runs, text } = this.#group;
    this.#current = (this.#current + by + runs.length) % runs.length;
    this.#view.reveal(runs[this.#current]);
    bar.firstElementChild.textContent = `${shortLine(text)}: ${this.#current + 1} of ${runs.length}`;
  }
}
