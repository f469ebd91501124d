/** The scored text on the page, in chunks: only those near the window have an element for each word. */

import { printable } from "./printable.js";

const MIN_WORDS = 200; // a chunk ends with the first line that ends after so many words,
const MAX_WORDS = 1000; // or within a line after so many
const RIGHT_TO_LEFT = /^\P{L}*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;

export class TextView {
  #root;
  #doc = null;
  #chunks = [];
  #level = new Int8Array(); // of each word, -1 if it is not highlighted
  #tied = new Uint8Array(); // whether a word shares its chip with the next one
  #occurrence = { first: -1, last: -1 }; // that is marked
  #corrected = new Set();
  #current = 0; // the one word that Tab reaches; arrow keys move it
  #observer = new IntersectionObserver((entries) => this.#scrolled(entries), { rootMargin: "100% 0px" });

  /** Calls `hint(i, element)` when a word is pointed at or focused, then `leave()`; `choose(i, element)` on a click. */
  constructor(root, { hint, leave, choose }) {
    this.#root = root;
    const on = (type, act) => root.addEventListener(type, (event) => {
      const element = event.target.closest("[data-i]");
      if (element) act(Number(element.dataset.i), element, event);
    });
    on("pointerover", (i, element, event) => event.pointerType === "mouse" && hint(i, element));
    on("pointerout", leave);
    on("focusin", hint);
    on("focusout", leave);
    on("click", (i, element) => {
      if (!getSelection().isCollapsed) return; // text was selected
      this.#focus(i);
      choose(i, element);
    });
    on("keydown", (i, element, event) => this.#key(i, element, event, choose));
    addEventListener("beforeprint", () => this.#chunks.forEach((chunk) => this.#fill(chunk)));
    addEventListener("afterprint", () => this.#watch());
  }

  /** Show another text; `highlight` says which words are highlighted. */
  show(doc) {
    this.#doc = doc;
    this.#chunks = chunks(doc);
    this.#level = new Int8Array(doc.count).fill(-1);
    this.#tied = new Uint8Array(doc.count);
    this.#occurrence = { first: -1, last: -1 };
    this.#corrected = new Set();
    this.#current = 0;
    const style = getComputedStyle(this.#root);
    const perLine = this.#root.clientWidth / (parseFloat(style.fontSize) * 0.46);
    for (const chunk of this.#chunks) {
      const text = printable(doc.text.slice(chunk.from, chunk.to));
      chunk.element = document.createElement("div");
      chunk.element.className = chunk.broken ? "chunk broken" : "chunk";
      chunk.element.textContent = text;
      const lines = text.split("\n").reduce((sum, line) => sum + Math.ceil(line.length / perLine || 1), 0);
      chunk.element.style.containIntrinsicBlockSize = `auto ${lines * parseFloat(style.lineHeight)}px`;
    }
    this.#root.replaceChildren(...this.#chunks.map((chunk) => chunk.element));
    this.#chunks.slice(0, 3).forEach((chunk) => this.#fill(chunk)); // the first view does not wait for the observer
    this.#watch();
  }

  /** Highlight words as `ScoredDocument.highlights` says. */
  highlight({ level, tied }) {
    this.#level = level;
    this.#tied = tied;
    this.#repaint();
  }

  /** Mark these words as corrected. */
  markCorrected(words) {
    this.#corrected = new Set(words);
    this.#repaint();
  }

  /** Scroll a run into the middle of the window and mark it; null removes the mark. */
  reveal(run) {
    this.#occurrence = run ?? { first: -1, last: -1 };
    this.#repaint();
    if (run) this.#element(run.first).scrollIntoView({ block: "center" });
  }

  /** Focus the word that Tab reaches, without scrolling. */
  focus() {
    this.#element(this.#current).focus({ preventScroll: true });
  }

  #key(i, element, event, choose) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const forward = RIGHT_TO_LEFT.test(this.#doc.word(i)) ? "ArrowLeft" : "ArrowRight";
    const back = forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    const last = this.#doc.count - 1;
    const targets = {
      [forward]: () => Math.min(i + 1, last),
      [back]: () => Math.max(i - 1, 0),
      ArrowDown: () => this.#nextHighlighted(i, 1),
      ArrowUp: () => this.#nextHighlighted(i, -1),
      Home: () => 0,
      End: () => last,
    };
    if (event.key in targets) this.#focus(targets[event.key]());
    else if (event.key === "Enter" || event.key === " ") choose(i, element, true);
    else return;
    event.preventDefault();
  }

  /** The next highlighted word in the direction `step`, `i` itself if there is none. */
  #nextHighlighted(i, step) {
    for (let j = i + step; j >= 0 && j < this.#doc.count; j += step) if (this.#level[j] >= 0) return j;
    return i;
  }

  #focus(i) {
    const before = this.#chunks[this.#chunkOf(this.#current)];
    this.#current = i;
    if (before.words) this.#paint(before);
    const element = this.#element(i);
    this.#paint(this.#chunks[this.#chunkOf(i)]);
    element.focus();
  }

  #element(i) {
    const chunk = this.#chunks[this.#chunkOf(i)];
    this.#fill(chunk);
    return chunk.words[i - chunk.first];
  }

  #chunkOf(i) {
    return this.#chunks.findLastIndex((chunk) => chunk.first <= i);
  }

  #watch() {
    this.#observer.disconnect();
    for (const chunk of this.#chunks) this.#observer.observe(chunk.element);
  }

  #scrolled(entries) {
    const byElement = new Map(this.#chunks.map((chunk) => [chunk.element, chunk]));
    for (const { target, isIntersecting } of entries) {
      const chunk = byElement.get(target);
      if (!chunk) continue; // of an earlier text
      if (isIntersecting) this.#fill(chunk);
      else this.#empty(chunk);
    }
  }

  #fill(chunk) {
    if (chunk.words) return;
    const { text, from, to, adjacent } = this.#doc;
    const parts = [];
    chunk.words = [];
    chunk.gaps = []; // the white space before each word, as an element if it may be highlighted
    let at = chunk.from;
    for (let i = chunk.first; i < chunk.end; i++) {
      const between = printable(text.slice(at, from[i]));
      const gap = i > chunk.first && adjacent[i - 1] && between ? span(between) : null;
      const word = span(printable(text.slice(from[i], to[i])));
      word.dataset.i = i;
      parts.push(gap ?? between, word);
      chunk.gaps.push(gap);
      chunk.words.push(word);
      at = to[i];
    }
    parts.push(printable(text.slice(at, chunk.to)));
    chunk.element.replaceChildren(...parts);
    this.#paint(chunk);
  }

  #empty(chunk) {
    if (!chunk.words || (chunk.first <= this.#current && this.#current < chunk.end)) return; // Tab must find its word
    chunk.words = null;
    chunk.element.textContent = printable(this.#doc.text.slice(chunk.from, chunk.to));
  }

  #repaint() {
    for (const chunk of this.#chunks) if (chunk.words) this.#paint(chunk);
  }

  #paint(chunk) {
    const { first, last } = this.#occurrence;
    chunk.words.forEach((word, k) => {
      const i = chunk.first + k;
      const chip = this.#level[i] < 0 ? "" : ` chip l${this.#level[i]}`;
      const before = i > 0 && this.#tied[i - 1];
      let name = `w${chip}${before ? " tied-before" : ""}${this.#tied[i] ? " tied-after" : ""}`;
      if (this.#corrected.has(i)) name += " corrected";
      if (first <= i && i <= last) name += " here";
      if (word.className !== name) word.className = name;
      const gap = chunk.gaps[k];
      const gapName = before ? `chip l${this.#level[i]}${first < i && i <= last ? " here" : ""}` : "";
      if (gap && gap.className !== gapName) gap.className = gapName;
      if (word.hasAttribute("tabindex") !== (i === this.#current)) makeTabStop(word, i === this.#current);
    });
  }
}

/** Only the word that Tab reaches is a button; a screen reader reads the others as the text they are. */
function makeTabStop(word, is) {
  const attributes = { tabindex: "0", role: "button", "aria-describedby": "details" };
  for (const [name, value] of Object.entries(attributes)) {
    if (is) word.setAttribute(name, value);
    else word.removeAttribute(name);
  }
}

function span(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}

/** Cut a text into chunks: words first to end (exclusive), string offsets from and to, broken where a line goes on. */
function chunks({ text, from, to, count }) {
  const result = [];
  let first = 0;
  let at = 0;
  for (let i = 0; i < count - 1; i++) {
    const size = i + 1 - first;
    if (size < MIN_WORDS) continue;
    const gap = text.slice(to[i], from[i + 1]);
    const line = gap.search(/[\n\r\x0b\x0c\x85\u2028\u2029][^\n\r\x0b\x0c\x85\u2028\u2029]*$/) + 1;
    if (!line && size < MAX_WORDS) continue;
    const end = line ? to[i] + line : from[i + 1];
    result.push({ first, end: i + 1, from: at, to: end, broken: !line, words: null });
    [first, at] = [i + 1, end];
  }
  if (text) result.push({ first, end: count, from: at, to: text.length, broken: false, words: null });
  return result;
}
