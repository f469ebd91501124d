/** A text and the scores of its words, as columns; words may be joined into entities. */

import { joinWords } from "./entities.js";

const APART = /[\t\n\x0b\x0c\r\x85\u2028\u2029]|[ \xa0]{3}/; // ends of lines, and of a table's columns

/** Levels that the page shows: below all marks, and three marks. A bundle's further marks share the last. */
const LEVELS = 4;

export class ScoredDocument {
  /** `columns` as /v1/score gives them: start and end in code points, score, and probability if the model is calibrated. */
  constructor(text, columns, marks) {
    this.text = text;
    this.marks = marks;
    this.count = columns.score.length;
    this.start = new Int32Array(columns.start);
    this.end = new Int32Array(columns.end);
    this.score = new Float64Array(columns.score);
    this.probability = columns.probability ? new Float64Array(columns.probability) : null;
    this.from = units(text, this.start); // the same offsets as JavaScript counts
    this.to = units(text, this.end);
    this.adjacent = new Uint8Array(this.count); // whether the next word is in the same line and column
    for (let i = 0; i + 1 < this.count; i++) {
      this.adjacent[i] = !APART.test(text.slice(this.to[i], this.from[i + 1]));
    }
  }

  word(i) {
    return this.text.slice(this.from[i], this.to[i]);
  }

  /** Visit the words that score at least `minimum`, `joined` into entities or not: first and last word, mean score. */
  #visit(minimum, joined, visit) {
    if (joined) joinWords(this, minimum, visit);
    else this.score.forEach((score, i) => score >= minimum && visit(i, i, score));
  }

  /** The same as a list. */
  runs(minimum, joined) {
    const runs = [];
    this.#visit(minimum, joined, (first, last, score) => runs.push({ first, last, score }));
    return runs;
  }

  /** The same by word: its level, -1 if not highlighted; whether it is tied to the next word; and how many are. */
  highlights(minimum, joined) {
    const level = new Int8Array(this.count).fill(-1);
    const tied = new Uint8Array(this.count);
    let words = 0;
    this.#visit(minimum, joined, (first, last, score) => {
      level.fill(this.level(score), first, last + 1);
      tied.fill(1, first, last);
      words += last + 1 - first;
    });
    return { level, tied, words };
  }

  /** The text of a run. */
  span({ first, last }) {
    return this.text.slice(this.from[first], this.to[last]);
  }

  /** The word at exactly these code points, -1 where there is none. */
  find(start, end) {
    let low = 0;
    for (let high = this.count; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.start[middle] < start) low = middle + 1;
      else high = middle;
    }
    return this.start[low] === start && this.end[low] === end ? low : -1;
  }

  /** How many marks `score` reaches. */
  rank(score) {
    let rank = 0;
    while (rank < this.marks.length && score >= this.marks[rank].minimum) rank++;
    return rank;
  }

  level(score) {
    return Math.min(this.rank(score), LEVELS - 1);
  }

  /** The symbol of the highest mark that `score` reaches, "" below all. */
  symbol(score) {
    return this.marks[this.rank(score) - 1]?.symbol ?? "";
  }
}

/** Code point offsets, in rising order, as offsets into a JavaScript string, which counts UTF-16 units. */
function units(text, points) {
  const result = new Int32Array(points.length);
  let unit = 0;
  let point = 0;
  for (let i = 0; i < points.length; i++) {
    for (; point < points[i]; point++) unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
    result[i] = unit;
  }
  return result;
}
