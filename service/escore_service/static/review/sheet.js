/** Shows a text to review: chips for what is said of it, one of them or some words in focus. */

import { printable } from "../printable.js";
import { level } from "./choices.js";

const MIN_WORDS = 200; // a block, which is drawn anew by itself, ends with the first line end after so many words,
const MAX_WORDS = 1000; // or within a line after so many
const LINE_END = /[\n\r\x0b\x0c\x85\u2028\u2029]/;

export class Sheet {
  #root;
  #text = null;
  #blocks = [];
  #elements = []; // of each word
  #drag = null; // {text, from}: where the mouse went down

  /** `focus(text, range)` is called for a click, `drag(text, from, to)` with the words where a drag began and ended. */
  constructor(root, { focus, drag }) {
    this.#root = root;
    const wordOf = ({ target }) => {
      const element = target.closest?.("[data-i]") ?? target.closest?.("#sheet .chip")?.querySelector("[data-i]");
      return element ? Number(element.dataset.i) : -1;
    };
    root.addEventListener("pointerdown", (event) => {
      const from = wordOf(event);
      this.#drag = event.button === 0 && from >= 0 ? { text: this.#text, from } : null;
    });
    root.addEventListener("pointermove", (event) => {
      const word = wordOf(event);
      if (!this.#drag || event.pointerType !== "mouse" || word < 0) return;
      this.#paintDrag(Math.min(word, this.#drag.from), Math.max(word, this.#drag.from));
    });
    addEventListener("pointerup", (event) => {
      const [drag_, to] = [this.#drag, wordOf(event)];
      this.#drag = null;
      this.#paintDrag(0, -1);
      if (!drag_ || to < 0 || drag_.text !== this.#text) return;
      getSelection().removeAllRanges();
      if (drag_.from === to || event.pointerType !== "mouse") focus(drag_.text, this.#text.runOf(to) ?? { first: to, last: to });
      else drag(drag_.text, drag_.from, to);
    });
  }

  /** Show a text, with `range` in focus: its first and last word. */
  show(text, range) {
    if (text !== this.#text) {
      this.#text = text;
      this.#elements = [];
      this.#blocks = blocks(text.doc);
      this.#root.replaceChildren();
      for (const block of this.#blocks) this.#root.append(block.element);
    }
    for (const block of this.#blocks) this.#draw(block);
    this.focus(range);
  }

  /** Put some words in focus. */
  focus({ first, last }) {
    for (const element of this.#root.querySelectorAll(".in-focus, [tabindex]")) {
      element.classList.remove("in-focus");
      for (const name of ["tabindex", "role", "aria-describedby"]) element.removeAttribute(name);
    }
    const run = this.#text.at({ first, last });
    const target = run ? this.#elements[first]?.parentElement : this.#elements[first];
    if (!target) return;
    if (run) target.classList.add("in-focus");
    else for (let i = first; i <= last; i++) this.#elements[i].classList.add("in-focus");
    target.tabIndex = 0;
    target.setAttribute("role", "button");
    target.setAttribute("aria-describedby", "facts");
    // Not while one types, or uses the buttons beside the text.
    if (!document.activeElement.closest("input, select, dialog, aside")) target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "nearest" });
  }

  /** Draw a block, if what is said of it has changed. */
  #draw(block) {
    const { doc, runs } = this.#text;
    const here = runs.filter(({ first, last }) => first < block.end && block.first <= last);
    const drawn = JSON.stringify(here);
    if (block.drawn === drawn) return;
    block.drawn = drawn;
    const runOf = new Map(here.map((run) => [Math.max(run.first, block.first), run]));
    block.element.replaceChildren();
    let at = block.from;
    for (let i = block.first; i < block.end; ) {
      const run = runOf.get(i);
      const last = run ? Math.min(run.last, block.end - 1) : i;
      block.element.append(printable(doc.text.slice(at, doc.from[i])));
      if (run) block.element.append(chip(run, this.#words(i, last)));
      else block.element.append(...this.#words(i, last));
      at = doc.to[last];
      i = last + 1;
    }
    block.element.append(printable(doc.text.slice(at, block.to)));
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
      this.#elements[i] = element;
      parts.push(element);
    }
    return parts;
  }

  #paintDrag(first, last) {
    for (const element of this.#root.querySelectorAll(".dragged")) element.classList.remove("dragged");
    for (let i = first; i <= last; i++) this.#elements[i].classList.add("dragged");
  }
}

/** The words of a run as one chip, with its letter. */
function chip({ span, letter, contested }, words) {
  const element = document.createElement("span");
  const own = span.by !== "model" && span.by !== "list";
  element.className = `chip l${level(span)}${own ? " own" : ""}${contested ? " contested" : ""}`;
  if (letter) element.dataset.letter = letter;
  for (const word of words) element.append(word);
  return element;
}

/** Cut a text into blocks: words first to end (exclusive), string offsets from and to. */
function blocks({ text, from, to, count }) {
  const result = [];
  let first = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const size = i + 1 - first;
    const isLast = i + 1 === count;
    const next = isLast ? text.length : from[i + 1];
    if (!isLast && (size < MIN_WORDS || (size < MAX_WORDS && !LINE_END.test(text.slice(to[i], next))))) continue;
    result.push({ first, end: i + 1, from: at, to: next, element: document.createElement("span"), drawn: "" });
    [first, at] = [i + 1, next];
  }
  return result;
}
