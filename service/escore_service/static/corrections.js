/** Corrections of the text that is shown: stored by the service, listed beside the text, and undone. */

import { call } from "./api.js";
import { shortLine } from "./printable.js";

const $ = (selector) => document.querySelector(selector);

export class Corrections {
  #text = null; // all of it, also where only its first part is scored
  #stored = new Map(); // "start-end" in code points → correction
  #actions;

  /** `changed(corrections)` is called when they change, `show(correction)` and `undo(correction)` by the list's buttons. */
  constructor(actions) {
    this.#actions = actions;
  }

  /** Those of the text that is shown. */
  get list() {
    return [...this.#stored.values()];
  }

  /** Use another text, and load its corrections; null is none. */
  async load(text) {
    if (text === this.#text) {
      if (text !== null) this.#changed();
      return;
    }
    this.#text = text;
    this.#stored.clear();
    this.#draw();
    if (text === null || !crypto.subtle) return; // without https there is no hash, except on this machine
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const { corrections } = await call(`v1/feedback?text_sha256=${hash}`);
    if (this.#text !== text) return; // another text came meanwhile
    for (const correction of corrections) this.#stored.set(span(correction), correction);
    this.#changed();
  }

  /** The correction of exactly these code points, if there is one. */
  of(start, end) {
    return this.#stored.get(span({ start, end }));
  }

  /** Store what text[start:end] is (code points); `score` is what `model` gave it. */
  async set(start, end, label, score, model) {
    const text = this.#text;
    const body = JSON.stringify({ text, start, end, label, score, model });
    const correction = await call("v1/feedback", { method: "POST", body });
    if (this.#text !== text) return;
    this.#stored.set(span(correction), correction);
    this.#changed();
  }

  async undo(correction) {
    await call(`v1/feedback/${correction.id}`, { method: "DELETE" }).catch((error) => {
      if (error.status !== 404) throw error; // undone already, in another tab
    });
    this.#stored.delete(span(correction));
    this.#changed();
  }

  #changed() {
    this.#draw();
    this.#actions.changed(this.list);
  }

  #draw() {
    const corrections = this.list.sort((a, b) => a.start - b.start || b.end - a.end);
    const texts = slices(this.#text ?? "", corrections);
    $("#corrections").hidden = !corrections.length;
    $("#corrections ul").replaceChildren(...corrections.map((correction, k) => this.#item(correction, texts[k])));
  }

  #item(correction, text) {
    const item = document.createElement("li");
    const name = document.createElement("bdi");
    name.textContent = shortLine(text);
    const change = document.createElement("span");
    const before = correction.score === undefined ? "" : `${correction.score.toFixed(0)} `; // a review may mark what no model did
    change.textContent = `${before}→ ${correction.label ?? correction.target}`;
    item.append(button([name], () => this.#actions.show(correction)), change);
    item.append(button(["Undo"], () => this.#actions.undo(correction)));
    item.lastChild.setAttribute("aria-label", `Undo ${name.textContent}`);
    return item;
  }
}

/** The texts of spans in code points, which are sorted by their starts. */
function slices(text, spans) {
  let unit = 0;
  let point = 0;
  const step = (from, points) => {
    let to = from;
    for (let k = 0; k < points; k++) to += text.codePointAt(to) > 0xffff ? 2 : 1;
    return to;
  };
  return spans.map(({ start, end }) => {
    unit = step(unit, start - point);
    point = start;
    return text.slice(unit, step(unit, end - start));
  });
}

function button(content, act) {
  const element = document.createElement("button");
  element.type = "button";
  element.append(...content);
  element.addEventListener("click", act);
  return element;
}

function span({ start, end }) {
  return `${start}-${end}`;
}
