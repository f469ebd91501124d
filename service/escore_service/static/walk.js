/** Walking through the places of an entity, with a bar that says at which one is. */

import { label } from "./visible.js";

const bar = document.getElementById("walk");

export class Walk {
  #view;
  #group = null;
  #place = 0;
  #from = null; // the button in the list, to go back to

  constructor(view) {
    this.#view = view;
    bar.addEventListener("click", ({ target: { value } }) => {
      if (value === "0") {
        this.stop();
        this.#from.focus();
      } else if (value) this.#step(Number(value));
    });
  }

  /** Go to the first place of a group, or on to the next one when it is walked already. */
  start(group, button) {
    this.#from = button;
    if (group !== this.#group) [this.#group, this.#place] = [group, -1];
    bar.hidden = false;
    this.#step(1);
  }

  stop() {
    this.#group = null;
    bar.hidden = true;
    this.#view.reveal(null);
  }

  #step(by) {
    const { places, text } = this.#group;
    this.#place = (this.#place + by + places.length) % places.length;
    this.#view.reveal(places[this.#place]);
    bar.firstElementChild.textContent = `${label(text)}: ${this.#place + 1} of ${places.length}`;
  }
}
