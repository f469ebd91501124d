/** The scored text on the page, in chunks: only those near the window have an element for each word. */

import { RIGHT_TO_LEFT, chunks, paragraphLines } from "./chunks.js";
import { printable } from "./printable.js";

const NOWHERE = { first: -1, last: -1 };
const PAUSE = 50; // ms

export class TextView {
  #root;
  #doc = null;
  #chunks = [];
  #level = new Int8Array(); // of each word, -1 if it is not highlighted
  #tied = new Uint8Array(); // whether a word shares its chip with the next one
  #occurrence = NOWHERE; // that is marked
  #current = 0; // the one word that Tab reaches; arrow keys move it
  #later = 0;
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
    addEventListener("beforeprint", () => {
      this.#chunks.forEach((chunk) => this.#fill(chunk));
      this.#paintAll();
    });
    addEventListener("afterprint", () => this.#watch());
  }

  /** Show another text; `highlight` says which words are highlighted. */
  show(doc) {
    this.#doc = doc;
    this.#chunks = [];
    this.#level = new Int8Array(doc.count).fill(-1);
    this.#tied = new Uint8Array(doc.count);
    this.#occurrence = NOWHERE;
    this.#current = 0;
    this.#observer.disconnect();
    this.#root.replaceChildren();
    this.append();
  }

  /** Show what was added to the text. */
  append() {
    const last = this.#chunks.at(-1);
    const added = chunks(this.#doc, last?.end ?? 0, last?.to ?? 0);
    const style = getComputedStyle(this.#root);
    const perLine = this.#root.clientWidth / (parseFloat(style.fontSize) * 0.46);
    for (const chunk of added) {
      const text = printable(this.#doc.text.slice(chunk.from, chunk.to));
      chunk.element = document.createElement("div");
      chunk.element.className = chunk.broken ? "chunk broken" : "chunk";
      chunk.element.textContent = text;
      const lines = paragraphLines(text, perLine);
      chunk.element.style.containIntrinsicBlockSize = `auto ${lines * parseFloat(style.lineHeight)}px`;
    }
    this.#chunks.push(...added);
    this.#root.append(...added.map((chunk) => chunk.element));
    if (!last) added.slice(0, 3).forEach((chunk) => this.#fill(chunk)); // the first view does not wait for the observer
    for (const chunk of added) this.#observer.observe(chunk.element);
  }

  /** Highlight words as `ScoredDocument.highlights` says, and frame those that are corrected. */
  highlight({ level, tied }) {
    this.#level = level;
    this.#tied = tied;
    this.#repaint();
  }

  /** The words that share the chip of word i. */
  run(i) {
    let [first, last] = [i, i];
    while (first > 0 && this.#tied[first - 1]) first--;
    while (this.#tied[last]) last++;
    return { first, last };
  }

  /** Scroll a run into the middle of the window and mark it; null removes the mark. */
  reveal(run) {
    this.#occurrence = run ?? NOWHERE;
    this.#repaint();
    if (!run) return;
    const element = this.#element(run.first);
    this.#paint(this.#chunks[this.#chunkOf(run.first)]);
    element.scrollIntoView({ block: "center" });
  }

  /** The first word that is at or below a height in the window, and how far below it is: where one reads. */
  place(height) {
    const chunk = this.#chunks.find(({ element }) => element.getBoundingClientRect().bottom > height);
    if (!chunk?.words?.length) return null;
    const tops = chunk.words.map((word) => word.getBoundingClientRect().top);
    const k = Math.max(tops.findIndex((top) => top >= height), 0);
    return { word: chunk.first + k, top: tops[k] };
  }

  /** Scroll so that a word is where `place` found it. */
  restore({ word, top }) {
    if (word >= this.#doc.count) return;
    const element = this.#element(word);
    const align = () => element.isConnected && scrollBy(0, element.getBoundingClientRect().top - top);
    element.scrollIntoView({ block: "start" });
    align();
    // Chunks that come near the window get their real heights in the next frame.
    requestAnimationFrame(() => requestAnimationFrame(align));
  }

  /** Focus the word that Tab reaches, without scrolling. */
  focus() {
    if (this.#doc?.count) this.#element(this.#current).focus({ preventScroll: true });
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

  /** The first word of the next chip in the direction `step`, `i` itself if there is none. */
  #nextHighlighted(i, step) {
    const { first, last } = this.run(i);
    for (let j = step > 0 ? last + 1 : first - 1; j >= 0 && j < this.#doc.count; j += step) {
      if (this.#level[j] >= 0) return this.run(j).first;
    }
    return i;
  }

  #focus(i) {
    const before = this.#chunks[this.#chunkOf(this.#current)];
    this.#current = i;
    if (before.words) moveTabStop(before, i);
    const element = this.#element(i);
    moveTabStop(this.#chunks[this.#chunkOf(i)], i);
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
    const { text, from, to } = this.#doc;
    chunk.words = [];
    chunk.gaps = []; // what stands before each word
    chunk.painted = null;
    let at = chunk.from;
    for (let i = chunk.first; i < chunk.end; i++) {
      const word = document.createElement("span");
      word.className = "w";
      word.textContent = printable(text.slice(from[i], to[i]));
      word.dataset.i = i;
      chunk.gaps.push(printable(text.slice(at, from[i])));
      chunk.words.push(word);
      at = to[i];
    }
    chunk.rest = printable(text.slice(at, chunk.to));
    moveTabStop(chunk, this.#current);
    this.#paint(chunk);
  }

  #empty(chunk) {
    if (!chunk.words || (chunk.first <= this.#current && this.#current < chunk.end)) return; // Tab must find its word
    chunk.words = null;
    chunk.element.textContent = printable(this.#doc.text.slice(chunk.from, chunk.to));
  }

  /** Paint what is in the window now, and what is near it a moment later: the slider must not wait for that. */
  #repaint() {
    clearTimeout(this.#later);
    const isSeen = (chunk) => {
      const { top, bottom } = chunk.element.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    };
    const seen = this.#chunks.filter((chunk) => chunk.words && isSeen(chunk));
    for (const chunk of seen) this.#paint(chunk);
    this.#later = setTimeout(() => this.#paintAll(), PAUSE);
  }

  #paintAll() {
    for (const chunk of this.#chunks) if (chunk.words) this.#paint(chunk);
  }

  /** Put the words of each chip into one element, so that it looks whole where a line ends in it. */
  #paint(chunk) {
    const wraps = this.#wraps(chunk);
    const painted = wraps.map(({ first, last, name }) => `${first}-${last} ${name}`).join();
    if (painted === chunk.painted) return;
    chunk.painted = painted;
    const parts = [];
    let next = 0;
    for (let i = chunk.first; i < chunk.end; ) {
      const wrap = wraps[next]?.first === i ? wraps[next++] : null;
      const end = wrap ? wrap.last : i;
      const content = [];
      for (let j = i; j <= end; j++) content.push(chunk.gaps[j - chunk.first], chunk.words[j - chunk.first]);
      if (wrap) {
        const element = document.createElement("span");
        element.className = wrap.name;
        parts.push(content.shift(), element);
        element.append(...content);
      } else parts.push(...content);
      i = end + 1;
    }
    parts.push(chunk.rest);
    const focused = chunk.element.contains(document.activeElement) ? document.activeElement : null;
    chunk.element.replaceChildren(...parts);
    focused?.focus({ preventScroll: true }); // it was taken out for a moment
  }

  /** What is highlighted, corrected or marked in a chunk: first and last word, and the names of its class. */
  #wraps(chunk) {
    const wraps = [];
    const { first: begin, last: stop } = this.#occurrence;
    for (let i = chunk.first; i < chunk.end; i++) {
      const isHere = begin <= i && i <= stop;
      const isChip = this.#level[i] >= 0;
      if (!isChip && !isHere && !this.#doc.correctionOf(i)) continue;
      let last = isHere ? stop : this.run(i).last;
      if (!isHere && begin > i) last = Math.min(last, begin - 1);
      last = Math.min(last, chunk.end - 1);
      const isCorrected = this.#doc.isCorrected({ first: i, last });
      const chip = isChip ? ["chip", `l${this.#level[i]}`] : [];
      const name = [...chip, isCorrected && "corrected", isHere && "here"].filter(Boolean).join(" ");
      wraps.push({ first: i, last, name });
      i = last;
    }
    return wraps;
  }
}

/** Only the word that Tab reaches is a button; a screen reader reads the others as the text they are. */
function moveTabStop(chunk, current) {
  const attributes = { tabindex: "0", role: "button", "aria-describedby": "details" };
  chunk.words.forEach((word, k) => {
    const is = chunk.first + k === current;
    if (word.hasAttribute("tabindex") === is) return;
    for (const [name, value] of Object.entries(attributes)) {
      if (is) word.setAttribute(name, value);
      else word.removeAttribute(name);
    }
  });
}
