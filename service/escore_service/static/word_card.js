/** The card of a chip or a word: its score and offsets and, if corrections are stored, the buttons that correct it. */

import { MEANINGS } from "./download.js";
import { placeBelow } from "./placement.js";
import { shortLine } from "./printable.js";

const $ = (id) => document.getElementById(id);
const PAUSE = 120; // ms; a mouse that crosses the text opens no cards

export class WordCard {
  #doc = null;
  #isCorrectable = false;
  #word = -1; // that is pointed at
  #run = null; // first and last word of what the card is about
  #anchor = null;
  #pinned = false;
  #timer = 0;

  /** `correct(run, label)` and `undo(correction)` are called by the buttons. */
  constructor({ correct, undo }) {
    $("labels").addEventListener("click", ({ target }) => {
      if (target.id === "undo") {
        $("labels").firstElementChild.focus(); // before the button is hidden
        undo(this.#doc.correctionOfRun(this.#run));
      }
      if (target.value) correct(this.#run, target.value);
    });
    $("single").addEventListener("click", () => {
      this.#run = { first: this.#word, last: this.#word };
      this.update();
      (this.#isCorrectable ? $("labels").firstElementChild : this.#anchor).focus();
    });
    $("card").addEventListener("toggle", ({ newState }) => {
      if (newState === "open") return;
      this.#pinned = false;
      if ($("card").contains(document.activeElement)) this.#anchor.focus();
    });
  }

  /** Use another text. `isCorrectable` says whether corrections are stored. */
  show(doc, isCorrectable) {
    this.hide();
    this.#run = null;
    this.#doc = doc;
    this.#isCorrectable = isCorrectable;
    $("labels").hidden = !isCorrectable;
  }

  /** Word i, in a chip of the words `run`, is focused or pointed at: its card opens, unless another one is pinned. */
  hint(i, run, anchor) {
    clearTimeout(this.#timer);
    if (this.#pinned) return;
    this.#fill(i, run);
    this.#timer = setTimeout(() => this.#open(anchor, false), PAUSE);
  }

  leave() {
    clearTimeout(this.#timer);
    if (!this.#pinned) this.hide();
  }

  /** A word is clicked or chosen by key: its card stays open until another thing is clicked. */
  choose(i, run, anchor, byKey = false) {
    clearTimeout(this.#timer);
    this.#fill(i, run);
    this.#open(anchor, true);
    if (byKey && this.#isCorrectable) $("labels").firstElementChild.focus();
  }

  hide() {
    clearTimeout(this.#timer);
    $("card").hidePopover();
  }

  /** Show the correction of what the card is about, which may have changed. */
  update() {
    if (!this.#run) return;
    this.#fill(this.#word, this.#run);
    if ($("card").matches(":popover-open")) this.#place(); // another button makes it larger
  }

  #fill(i, run) {
    const doc = this.#doc;
    [this.#word, this.#run] = [i, run];
    const isOne = run.first === run.last;
    const score = doc.modelMean(run);
    const probability = doc.runProbability(run, !isOne);
    const correction = doc.correctionOfRun(run);
    const kind = doc.kind(run);
    const facts = {
      [isOne ? "Score" : "Mean score"]: `${score.toFixed(2)}, like a ${MEANINGS[doc.label(score)]}`.replace("a other", "an other"),
      ...(kind && { Kind: kind }),
      ...(probability !== null && { "Named entity": `${(100 * probability).toFixed(1)} % probable` }),
      Characters: `${doc.start[run.first]}–${doc.end[run.last]}`,
      ...(correction && { Corrected: MEANINGS[correction.label] ?? correction.target }),
    };
    const name = document.createElement("bdi");
    name.textContent = shortLine(doc.span(run));
    const list = document.createElement("dl");
    for (const [term, fact] of Object.entries(facts)) {
      list.append(Object.assign(document.createElement("dt"), { textContent: term }));
      list.append(Object.assign(document.createElement("dd"), { textContent: fact }));
    }
    $("details").replaceChildren(name, list);
    $("single").hidden = isOne;
    $("single").replaceChildren("Only ", Object.assign(document.createElement("bdi"), { textContent: shortLine(doc.word(i)) }));
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

  /** One line away from the chip, so that what is read with it stays in sight. */
  #place() {
    const { left } = this.#anchor.getBoundingClientRect();
    const { top, bottom } = (this.#anchor.closest(".chip, .corrected") ?? this.#anchor).getBoundingClientRect();
    placeBelow($("card"), { left, top, bottom }, parseFloat(getComputedStyle(this.#anchor).lineHeight));
  }
}
