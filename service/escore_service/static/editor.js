/**
 * The box in which a text is typed. Its highlights lie below it: the same text in the same font, invisible but for the
 * chips, so that scores appear while one types.
 */

const MIRRORED = 50_000; // UTF-16 units; a longer text is scored when it is done
const LINE_END = /\r\n?|\n/g;
const $ = (id) => document.getElementById(id);

export class Editor {
  #original = ""; // with its own line ends; a box has line feeds only
  #shown = ""; // the same as the box shows it
  #segments = []; // texts and class names below the box
  #replaces = false; // whether a paste replaces everything

  /** `changed()` is called when the text changes, `done()` when it is complete: by a button, by keys, or pasted whole. */
  constructor({ changed, done }) {
    $("source").addEventListener("submit", (event) => {
      event.preventDefault();
      done();
    });
    const box = $("box");
    box.addEventListener("keydown", (event) => {
      const isDone = event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey));
      if (isDone && !event.isComposing) done();
    });
    box.addEventListener("paste", () => {
      this.#replaces = box.selectionEnd - box.selectionStart === box.value.length;
    });
    box.addEventListener("input", ({ inputType }) => {
      this.#follow();
      if (inputType === "insertFromPaste" && this.#replaces) done();
      else changed();
    });
  }

  get isOpen() {
    return !$("source").hidden;
  }

  /** Whether the text is short enough to be scored while one types. */
  get isLive() {
    return $("box").value.length <= MIRRORED;
  }

  /** The text with its own line ends, also where it was changed. */
  get text() {
    const { value } = $("box");
    if (value === this.#shown) return this.#original;
    const ends = new Set(this.#original.match(LINE_END));
    return ends.size === 1 ? value.replaceAll("\n", [...ends][0]) : value;
  }

  open(text) {
    this.#original = text;
    $("box").value = text;
    this.#shown = $("box").value;
    $("box").setSelectionRange(0, 0);
    this.#segments = [];
    this.#follow();
    $("source").hidden = false;
  }

  close() {
    $("source").hidden = true;
    $("mirror").replaceChildren();
  }

  /** Show the chips of a scored document, as `ScoredDocument.highlights` says. */
  highlight(doc, { level, tied }) {
    if (!this.isLive) return;
    this.#segments = segments(doc, level, tied);
    this.#follow();
  }

  /** Move the chips with the text: those in front of and behind a change stay. */
  #follow() {
    const { value } = $("box");
    $("source").classList.toggle("long", !this.isLive);
    $("go").textContent = this.isLive ? "Done" : "Score";
    if (!this.isLive) {
      $("mirror").replaceChildren();
      return;
    }
    const old = this.#segments.map(({ text }) => text).join("");
    const shorter = Math.min(old.length, value.length);
    let before = 0;
    while (before < shorter && old[before] === value[before]) before++;
    let after = 0;
    while (after < shorter - before && old[old.length - 1 - after] === value[value.length - 1 - after]) after++;
    this.#segments = [
      ...slice(this.#segments, 0, before),
      { text: value.slice(before, value.length - after), name: "" },
      ...slice(this.#segments, old.length - after, old.length),
    ].filter(({ text }) => text);
    const parts = this.#segments.map(({ text, name }) => (name ? chip(text, name) : text));
    $("mirror").replaceChildren(...parts, "\n"); // the box has room for one more line end
  }
}

function segments(doc, level, tied) {
  const result = [];
  const add = (begin, end, name) => result.push({ text: doc.text.slice(begin, end).replace(LINE_END, "\n"), name });
  let at = 0;
  for (let i = 0; i < doc.count; i++) {
    if (level[i] < 0) continue;
    const first = i;
    while (tied[i]) i++;
    add(at, doc.from[first], "");
    add(doc.from[first], doc.to[i], `chip l${level[first]}`);
    at = doc.to[i];
  }
  add(at, doc.text.length, "");
  return result;
}

/** The part of some segments from an offset to another; what is cut is no chip. */
function slice(all, begin, end) {
  const result = [];
  let at = 0;
  for (const { text, name } of all) {
    const part = text.slice(Math.max(begin - at, 0), Math.max(end - at, 0));
    if (part) result.push({ text: part, name: part === text ? name : "" });
    at += text.length;
  }
  return result;
}

function chip(text, name) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}
