/** A text to review: its words, the spans that count, and the letters by which keys reach them. */

import { ScoredDocument } from "../document.js";
import { isMarked } from "./choices.js";

// All letters that are no command, then the same as capitals.
const FREE = "bcdfghijklmoqrtuvy";
const LETTERS = FREE + FREE.toUpperCase();

export class ReviewText {
  #letters = new Map(); // first word of a run → its letter, for as long as the text is shown

  /** `answer` is what GET /v1/review/texts/N answers. */
  constructor(answer) {
    const { words } = answer;
    this.doc = new ScoredDocument(answer.text, { ...words, score: words.start.map(() => 0) }, {});
    this.update(answer);
  }

  /** Take what is said of the text now. */
  update(answer) {
    this.answer = answer;
    this.runs = answer.spans
      .filter((span) => isMarked(span) || span.by !== "model")
      .map((span) => ({ span, ...this.doc.run(span.start, span.end) }));
    for (const run of this.runs) {
      if (!this.#letters.has(run.first)) this.#letters.set(run.first, LETTERS[this.#letters.size] ?? "");
      run.letter = this.#letters.get(run.first);
    }
    const contested = answer.conflicts.flatMap(({ first, second }) => [first, second]);
    for (const run of this.runs) {
      run.contested = contested.some((span) => span.start < run.span.end && run.span.start < span.end);
    }
  }

  get number() {
    return this.answer.number;
  }

  /** The run that word i is in. */
  runOf(i) {
    return this.runs.find(({ first, last }) => first <= i && i <= last);
  }

  /** The run that a key reaches. */
  withLetter(letter) {
    return this.runs.find((run) => run.letter === letter);
  }

  /** What is said of exactly these words. */
  at({ first, last }) {
    return this.runs.find((run) => run.first === first && run.last === last);
  }

  /** The text of some words, and their code points. */
  words({ first, last }) {
    const { doc } = this;
    return { text: doc.span({ first, last }), start: doc.start[first], end: doc.end[last] };
  }
}
