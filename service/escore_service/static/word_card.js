/** The card of a word: its score and offsets and, if corrections are stored, the buttons that correct it. */

import { shortLine } from "./printable.js";

const $ = (id) => document.getElementById(id);
const PAUSE = 120; // ms; a mouse that crosses the text opens no cards

export class WordCard {
  #doc = null;
  #corrections = null;
  #word = -1;
  #anchor = null;
  #pinned = false;
  #timer = 0;

  /** `correct(i, label)` and `undo(correction)` are called by the buttons. */
  constructor({ correct, undo }) {
    $("labels").addEventListener("click", ({ target }) => {
      if (target.id === "undo") {
        $("labels").firstElementChild.focus(); // before the button is hidden
        undo(this.#corrections.of(this.#word));
      }
      if (target.value) correct(this.#word, target.value);
    });
    $("card").addEventListener("toggle", ({ newState }) => {
      if (newState === "open") return;
      this.#pinned = false;
      if ($("card").contains(document.activeElement)) this.#anchor.focus();
    });
  }

  /** Use another text. `corrections` is null if none are stored. */
  show(doc, corrections) {
    this.hide();
    this.#word = -1;
    this.#doc = doc;
    this.#corrections = corrections;
    $("labels").hidden = !corrections;
  }

  /** A word is focused or pointed at: its card opens, unless another one is pinned. */
  hint(i, anchor) {
    clearTimeout(this.#timer);
    if (this.#pinned) return;
    this.#fill(i);
    this.#timer = setTimeout(() => this.#open(anchor, false), PAUSE);
  }

  leave() {
    clearTimeout(this.#timer);
    if (!this.#pinned) this.hide();
  }

  /** A word is clicked or chosen by key: its card stays open until another thing is clicked. */
  choose(i, anchor, byKey = false) {
    clearTimeout(this.#timer);
    this.#fill(i);
    this.#open(anchor, true);
    if (byKey && this.#corrections) $("labels").firstElementChild.focus();
  }

  hide() {
    clearTimeout(this.#timer);
    $("card").hidePopover();
  }

  /** Show the word's correction, which may have changed. */
  update() {
    if (this.#word < 0) return;
    this.#fill(this.#word);
    if ($("card").matches(":popover-open")) this.#place(); // another button makes it larger
  }

  #fill(i) {
    const { score, probability, start, end } = this.#doc;
    this.#word = i;
    const name = document.createElement("bdi");
    name.textContent = shortLine(this.#doc.word(i));
    const correction = this.#corrections?.of(i);
    const facts = {
      Score: `${score[i].toFixed(2)} ${this.#doc.symbol(score[i])}`,
      ...(probability && { "Named entity": `${(100 * probability[i]).toFixed(1)} % probable` }),
      Characters: `${start[i]}–${end[i]}`,
      ...(correction && { Corrected: correction.label }),
    };
    const list = document.createElement("dl");
    for (const [term, fact] of Object.entries(facts)) {
      list.append(Object.assign(document.createElement("dt"), { textContent: term }));
      list.append(Object.assign(document.createElement("dd"), { textContent: fact }));
    }
    $("details").replaceChildren(name, list);
    for (const button of $("labels").querySelectorAll("[value]")) {
      button.setAttribute("aria-pressed", button.value === correction?.label);
    }
    $("undo").hidden = !correction;
  }

  #open(anchor, pinned) {
    this.#anchor = anchor;
    this.#pinned = pinned;
    const card = $("card");
    card.classList.toggle("pinned", pinned);
    card.showPopover();
    this.#place();
  }

  /** Below the word, or above it if there is no room; it scrolls with the text. */
  #place() {
    const card = $("card");
    card.style.left = "0"; // its old position must not make it narrow
    const word = this.#anchor.getBoundingClientRect();
    const { width, height } = card.getBoundingClientRect();
    const below = word.bottom + height + 8 < innerHeight;
    const left = Math.min(Math.max(word.left, 8), document.documentElement.clientWidth - width - 8);
    card.style.left = `${left + scrollX}px`;
    card.style.top = `${(below ? word.bottom + 6 : word.top - height - 6) + scrollY}px`;
  }
}
