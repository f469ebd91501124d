/** The texts that are open: a row to switch between them, and their records, which a reload finds again. */

import { ScoredDocument } from "./document.js";
import { shortLine } from "./printable.js";
import { Storage } from "./storage.js";

const list = document.getElementById("texts");

/**
 * One of them: `name` is the file's, "-" if it was typed; `edited` says whether it still is the file's text; `doc` holds
 * the scores of its first part or of all of it, null if there are none, `model` whose they are, and `line` how long they
 * took; `isExample` says that it may make room.
 */
function entry(id, { name, text, isExample = false }) {
  return { id, name, text, isExample, edited: false, doc: null, model: null, line: "" };
}

export class OpenTexts {
  entries = [];
  #storage = new Storage();
  #last = 0; // id

  /** `choose(entry)` and `close(entry)` are called by the row's buttons. */
  constructor({ choose, close }) {
    list.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      const chosen = this.entries.find(({ id }) => String(id) === button?.value);
      if (chosen) (button.className === "close" ? close : choose)(chosen);
    });
  }

  /** Whether a reload finds the texts. */
  get areKept() {
    return this.#storage.works;
  }

  /** Find the texts of before a reload. Scores of another model than `name` are left out; `model` as /v1/model says. */
  async restore(name, model) {
    const records = await this.#storage.open();
    this.entries = records.map(({ columns, scored, kinds, tab, ...record }) => {
      if (!columns || record.model !== name) return { ...record, doc: null };
      const doc = new ScoredDocument(record.text.slice(0, scored), columns, model);
      doc.kinds = kinds;
      return { ...record, doc };
    });
    this.#last = this.entries.at(-1)?.id ?? 0;
  }

  /** Open a text. It takes the place of an example or an empty text; `current` is the one that is shown. */
  add(content, current) {
    const added = entry(++this.#last, content);
    this.entries.push(added);
    const makesRoom = current && (current.isExample || !current.text);
    if (makesRoom && this.entries.includes(current)) this.remove(current);
    return added;
  }

  /** Close a text. Returns the one beside it, undefined if it was the last. */
  remove(closed) {
    const i = this.entries.indexOf(closed);
    this.entries.splice(i, 1);
    this.#storage.delete(closed.id);
    return this.entries[i] ?? this.entries[i - 1];
  }

  /** Keep a text as it is now. */
  async keep({ doc, ...record }) {
    if (!this.areKept || !this.entries.some(({ id }) => id === record.id)) return;
    if (!doc) return this.#storage.put(record);
    const { start, end, modelScore, probability, modelJoins, kinds, text } = doc;
    const columns = { start, end, score: modelScore, probability, join: modelJoins };
    return this.#storage.put({ ...record, columns, kinds, scored: text.length });
  }

  /** Show the row, if there are several. */
  draw(current) {
    const hadFocus = list.contains(document.activeElement);
    list.hidden = this.entries.length < 2;
    list.replaceChildren(...this.entries.map((each) => {
      const title = label(each);
      const item = document.createElement("li");
      item.append(button(each, "", title), button(each, "close", "×"));
      item.firstChild.title = title;
      if (each === current) item.firstChild.setAttribute("aria-current", "true");
      item.lastChild.setAttribute("aria-label", `Close ${title}`);
      return item;
    }));
    if (hadFocus) list.querySelector("[aria-current]")?.focus();
  }
}

/** What a text is called on the page. */
export function label({ name, text }) {
  return shortLine(name === "-" ? text.slice(0, 60) : name).trim() || "New text";
}

function button({ id }, className, text) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = className;
  element.value = id;
  element.append(Object.assign(document.createElement("bdi"), { textContent: text }));
  return element;
}
