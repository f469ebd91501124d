/** Which texts the filter and the search show, and which of them comes next. */

import { call, Failure } from "../api.js";

const $ = (id) => document.getElementById(id);

export class Queue {
  numbers = [];
  by = ""; // who decides

  /** Ask which texts are shown. Throws a Failure if none is. */
  async load() {
    this.numbers = await this.#ask($("show").value);
    if (!this.numbers.length) throw new Failure("No text is like that; show others, or change the search.");
  }

  /** `number` if it is shown, else the first one. */
  nearest(number) {
    return this.numbers.includes(number) ? number : this.numbers[0];
  }

  /** The text so many places on; undefined where there is none. */
  step(number, places) {
    return this.numbers[this.numbers.indexOf(number) + places];
  }

  /** The next shown text that is not reviewed, or not by this person if that is what is shown: after `number`, else before it; undefined where there is none. */
  async unreviewed(number) {
    const shown = new Set(this.numbers);
    const show = $("show").value === "unread" ? "unread" : "unreviewed";
    const left = (await this.#ask(show)).filter((other) => other !== number && shown.has(other));
    return left.find((other) => other > number) ?? left[0];
  }

  /** Where a text is among those that are shown. */
  place(number) {
    const place = this.numbers.indexOf(number);
    if (place < 0) return "not among those that are shown";
    return `${place + 1} of ${this.numbers.length}`;
  }

  async #ask(show) {
    const query = new URLSearchParams({ show, search: $("search").value.trim(), by: this.by });
    return (await call(`v1/review/texts?${query}`)).numbers;
  }
}
