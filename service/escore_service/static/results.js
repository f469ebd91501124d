/** What the page shows of one scored text: the text, the slider, the lists, the card, the downloads. */

import { Corrections } from "./corrections.js";
import * as download from "./download.js";
import { EntityList } from "./entity_list.js";
import { Filter } from "./filter.js";
import { Occurrences } from "./occurrences.js";
import { label } from "./open_texts.js";
import { shortLine } from "./printable.js";
import { attempt, say } from "./status.js";
import { TextView } from "./text_view.js";
import { WordCard } from "./word_card.js";

const LONG = 20_000; // words; the list of a longer text is updated when the slider stops
const PAUSE = 150; // ms
const READING = 0.25; // of the window's height, where one reads
const $ = (id) => document.getElementById(id);

export class Results {
  #entry = null; // one of the open texts
  #editor;
  #list;
  #listTimer = 0;
  #text = new TextView($("text"), {
    hint: (i, element) => this.#card.hint(i, this.#text.run(i), element),
    leave: () => this.#card.leave(),
    choose: (i, element, byKey) => this.#card.choose(i, this.#text.run(i), element, byKey),
  });
  #card = new WordCard({
    correct: (run, label) => this.#correct(run, label),
    undo: (correction) => this.#undo(correction),
  });
  #corrections = new Corrections({
    changed: (list) => this.#corrected(list),
    show: (correction) => this.#reveal(correction),
    undo: (correction) => this.#undo(correction),
  });
  #occurrences = new Occurrences(this.#text);
  filter = new Filter(() => this.refresh());

  /** `editor` shows the highlights while it is open; `fold()` closes it. */
  constructor(editor, fold) {
    this.#editor = editor;
    this.#list = new EntityList((group, button) => this.#walk(group, button, fold));
    $("downloads").addEventListener("click", ({ target }) => this.#save(target.value));
  }

  /** Show a text that has scores; those who type see no corrections, which belong to a text as it is. */
  show(entry, isCorrectable) {
    this.#entry = entry;
    this.#occurrences.stop();
    if (!this.#editor.isOpen) {
      this.#text.show(entry.doc);
      this.#card.show(entry.doc, isCorrectable);
      if (isCorrectable) attempt(() => this.#corrections.load(entry.text));
    }
    this.filter.show(entry.doc);
    this.refresh();
  }

  /** Show what was added to the scores of the text that is shown. */
  append() {
    if (!this.#editor.isOpen) this.#text.append();
    this.filter.show(this.#entry.doc);
    this.refresh();
  }

  /** Highlight the words from the minimum on, without the service. */
  refresh() {
    const doc = this.#entry?.doc;
    if (!doc) return;
    const highlights = doc.highlights(this.filter.minimum, this.filter.joined);
    if (this.#editor.isOpen) this.#editor.highlight(doc, highlights);
    else this.#text.highlight(highlights);
    this.filter.count(highlights.words, doc.count);
    clearTimeout(this.#listTimer);
    const list = () => this.#list.show(doc, doc.runs(this.filter.minimum, true));
    if (doc.count > LONG) this.#listTimer = setTimeout(list, PAUSE);
    else list();
  }

  /** Close what floats over the text, and forget its corrections: another text comes, or the box. */
  leave() {
    this.#occurrences.stop();
    this.#card.hide();
    this.#corrections.load(null);
  }

  /** Where one reads the text, for `restore`; null if it is not shown. */
  get place() {
    return this.#text.place(READING * innerHeight);
  }

  restore(place) {
    this.#text.restore(place);
  }

  #correct(run, label) {
    return attempt(async () => {
      const { doc, model } = this.#entry;
      const word = shortLine(doc.span(run));
      await this.#corrections.set(doc.start[run.first], doc.end[run.last], label, doc.modelMean(run), model);
      say(`“${word}” is corrected to ${label}.`);
    });
  }

  #corrected(corrections) {
    this.#entry.doc.correct(corrections);
    this.filter.show(this.#entry.doc);
    this.refresh();
    this.#card.update();
  }

  #undo(correction) {
    return attempt(async () => {
      await this.#corrections.undo(correction);
      say("The correction is taken back.");
      if (document.activeElement === document.body) this.#text.focus(); // its button is gone
    });
  }

  /** Go to the words of a correction, if they are scored yet. */
  #reveal({ start, end }) {
    const run = this.#entry.doc.run(start, end);
    if (run) this.#text.reveal(run);
  }

  async #walk(group, button, fold) {
    const { doc } = this.#entry;
    if (this.#editor.isOpen) await fold();
    if (this.#entry.doc === doc) this.#occurrences.start(group, button);
  }

  #save(format) {
    const { doc, edited, name, model } = this.#entry;
    const { minimum, joined } = this.filter;
    const write = {
      jsonl: () => download.jsonl(doc, minimum, joined, edited ? "-" : name, model),
      csv: () => download.csv(doc, minimum, joined),
      html: () => download.html(doc, minimum, joined, { title: label(this.#entry), model, sheet: $("chips").sheet }),
    };
    const types = { jsonl: "application/jsonl", csv: "text/csv", html: "text/html" };
    if (format in types) download.save(`escore.${format}`, types[format], write[format]());
  }
}
