/** Shows a text to review: chips for what is said of it, one of them or some words in focus. */

import { printable } from "../printable.js";
import { level } from "./choices.js";

export class Sheet {
  #root;
  #text = null;
  #elements = []; // of each word
  #dragged = null; // the word where the mouse went down

  /** `focus(range)` is called for a click or a move, `drag(from, to)` with the words where a drag began and ended. */
  constructor(root, { focus, drag }) {
    this.#root = root;
    const wordOf = ({ target }) => {
      const element = target.closest?.("[data-i]") ?? target.closest?.("#sheet .chip")?.querySelector("[data-i]");
      return element ? Number(element.dataset.i) : -1;
    };
    root.addEventListener("pointerdown", (event) => {
      this.#dragged = event.button === 0 && wordOf(event) >= 0 ? wordOf(event) : null;
    });
    root.addEventListener("pointermove", (event) => {
      const word = wordOf(event);
      if (this.#dragged === null || event.pointerType !== "mouse" || word < 0) return;
      this.#paintDrag(Math.min(word, this.#dragged), Math.max(word, this.#dragged));
    });
    addEventListener("pointerup", (event) => {
      const [from, to] = [this.#dragged, wordOf(event)];
      this.#dragged = null;
      this.#paintDrag(0, -1);
      if (from === null || to < 0) return;
      getSelection().removeAllRanges();
      if (from === to || event.pointerType !== "mouse") focus(this.#rangeOf(to));
      else drag(from, to);
    });
  }

  /** Show a text, with `range` in focus: its first and last word. */
  show(text, range) {
    this.#text = text;
    const { doc, runs } = text;
    const byFirst = new Map(runs.map((run) => [run.first, run]));
    this.#elements = [];
    const parts = [];
    let at = 0;
    for (let i = 0; i < doc.count; ) {
      const run = byFirst.get(i);
      parts.push(printable(doc.text.slice(at, doc.from[i])));
      const last = run ? run.last : i;
      const words = this.#words(i, last);
      if (run) parts.push(chip(run, words));
      else parts.push(...words);
      at = doc.to[last];
      i = last + 1;
    }
    parts.push(printable(doc.text.slice(at)));
    this.#root.replaceChildren(...parts);
    this.focus(range);
  }

  /** Put some words in focus. */
  focus({ first, last }) {
    for (const element of this.#root.querySelectorAll(".in-focus, [tabindex]")) {
      element.classList.remove("in-focus");
      for (const name of ["tabindex", "role", "aria-describedby"]) element.removeAttribute(name);
    }
    const run = this.#text.at({ first, last });
    const target = run ? this.#elements[first].parentElement : this.#elements[first];
    if (!target) return;
    if (run) target.classList.add("in-focus");
    else for (let i = first; i <= last; i++) this.#elements[i].classList.add("in-focus");
    target.tabIndex = 0;
    target.setAttribute("role", "button");
    target.setAttribute("aria-describedby", "facts");
    if (!document.activeElement.closest("input, select, dialog")) target.focus({ preventScroll: true }); // one may be typing
    target.scrollIntoView({ block: "nearest" });
  }

  #words(first, last) {
    const { doc } = this.#text;
    const parts = [];
    for (let i = first; i <= last; i++) {
      if (i > first) parts.push(printable(doc.text.slice(doc.to[i - 1], doc.from[i])));
      const element = document.createElement("span");
      element.className = "w";
      element.dataset.i = i;
      element.textContent = printable(doc.word(i));
      this.#elements.push(element);
      parts.push(element);
    }
    return parts;
  }

  #rangeOf(i) {
    return this.#text.runOf(i) ?? { first: i, last: i };
  }

  #paintDrag(first, last) {
    this.#elements.forEach((element, i) => element.classList.toggle("dragged", first <= i && i <= last));
  }
}

/** The words of a run as one chip, with its letter. */
function chip({ span, letter, contested }, words) {
  const element = document.createElement("span");
  const own = span.by !== "model" && span.by !== "list";
  element.className = `chip l${level(span)}${own ? " own" : ""}${contested ? " contested" : ""}`;
  if (letter) element.dataset.letter = letter;
  element.append(...words);
  return element;
}
