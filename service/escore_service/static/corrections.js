/** Corrections of the text that is shown: stored by the service, listed beside the text, and undone. */

import { call } from "./api.js";
import { shortLine } from "./printable.js";

const $ = (selector) => document.querySelector(selector);

export class Corrections {
  #doc = null;
  #stored = new Map(); // "start-end" in code points → correction
  #actions;

  /** `changed(words)` is called with the corrected words, `show(i)` and `undo(correction)` by the list's buttons. */
  constructor(actions) {
    this.#actions = actions;
  }

  /** Use another text, and load its corrections. */
  async load(doc) {
    this.#doc = doc;
    this.#stored.clear();
    this.#draw();
    if (!crypto.subtle) return; // without https there is no hash, except on this machine: earlier corrections are not shown
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(doc.text));
    const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const { corrections } = await call(`v1/feedback?text_sha256=${hash}`);
    if (this.#doc !== doc) return; // another text came meanwhile
    for (const correction of corrections) this.#stored.set(span(correction), correction);
    this.#draw();
  }

  /** The correction of word i, if there is one. */
  of(i) {
    return this.#stored.get(span({ start: this.#doc.start[i], end: this.#doc.end[i] }));
  }

  async set(i, label) {
    const doc = this.#doc;
    const body = { text: doc.text, start: doc.start[i], end: doc.end[i], label, score: doc.score[i] };
    const correction = await call("v1/feedback", { method: "POST", body: JSON.stringify(body) });
    if (this.#doc !== doc) return;
    this.#stored.set(span(correction), correction);
    this.#draw();
  }

  async undo(correction) {
    await call(`v1/feedback/${correction.id}`, { method: "DELETE" }).catch((error) => {
      if (error.status !== 404) throw error; // undone already, in another tab
    });
    this.#stored.delete(span(correction));
    this.#draw();
  }

  #draw() {
    const corrections = [...this.#stored.values()].sort((a, b) => a.start - b.start);
    $("#corrections").hidden = !corrections.length;
    $("#corrections ul").replaceChildren(...corrections.map((correction) => this.#item(correction)));
    this.#actions.changed(corrections.map(({ start, end }) => this.#doc.find(start, end)));
  }

  #item(correction) {
    const i = this.#doc.find(correction.start, correction.end);
    const item = document.createElement("li");
    const word = document.createElement("bdi");
    word.textContent = i < 0 ? `${correction.start}–${correction.end}` : shortLine(this.#doc.word(i));
    const change = document.createElement("span");
    change.textContent = `${correction.score.toFixed(0)} → ${correction.label}`;
    item.append(button([word], () => i >= 0 && this.#actions.show(i)), change);
    item.append(button(["Undo"], () => this.#actions.undo(correction)));
    item.lastChild.setAttribute("aria-label", `Undo ${word.textContent}`);
    return item;
  }
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
