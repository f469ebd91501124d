/** Corrections of the text that is shown: kept by the service, listed beside the text, and taken back. */

import { call } from "./api.js";
import { label } from "./visible.js";

const $ = (selector) => document.querySelector(selector);

export class Corrections {
  #scored = null;
  #kept = new Map(); // "start-end" in code points → correction
  #act;

  /** `changed(words)` is called with the corrected words, `show(i)` and `undo(correction)` by the list's buttons. */
  constructor(act) {
    this.#act = act;
  }

  /** Take up another text, and what was said of it before. */
  async load(scored) {
    this.#scored = scored;
    this.#kept.clear();
    this.#draw();
    if (!crypto.subtle) return; // no hash without https, except on this machine: earlier corrections stay unseen
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(scored.text));
    const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const { corrections } = await call(`v1/feedback?text_sha256=${hash}`);
    if (this.#scored !== scored) return; // another text came meanwhile
    for (const correction of corrections) this.#kept.set(span(correction), correction);
    this.#draw();
  }

  /** The correction of word i, if there is one. */
  of(i) {
    return this.#kept.get(span({ start: this.#scored.start[i], end: this.#scored.end[i] }));
  }

  async set(i, label) {
    const scored = this.#scored;
    const body = { text: scored.text, start: scored.start[i], end: scored.end[i], label, score: scored.score[i] };
    const correction = await call("v1/feedback", { method: "POST", body: JSON.stringify(body) });
    if (this.#scored !== scored) return;
    this.#kept.set(span(correction), correction);
    this.#draw();
  }

  async undo(correction) {
    await call(`v1/feedback/${correction.id}`, { method: "DELETE" }).catch((error) => {
      if (error.status !== 404) throw error; // it is gone already, taken back in another tab
    });
    this.#kept.delete(span(correction));
    this.#draw();
  }

  #draw() {
    const kept = [...this.#kept.values()].sort((a, b) => a.start - b.start);
    $("#corrections").hidden = !kept.length;
    $("#corrections ul").replaceChildren(...kept.map((correction) => this.#item(correction)));
    this.#act.changed(kept.map(({ start, end }) => this.#scored.find(start, end)));
  }

  #item(correction) {
    const i = this.#scored.find(correction.start, correction.end);
    const item = document.createElement("li");
    const word = document.createElement("bdi");
    word.textContent = i < 0 ? `${correction.start}–${correction.end}` : label(this.#scored.word(i));
    const said = document.createElement("span");
    said.textContent = `${correction.score.toFixed(0)} → ${correction.label}`;
    item.append(button([word], () => i >= 0 && this.#act.show(i)), said);
    item.append(button(["Undo"], () => this.#act.undo(correction)));
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
