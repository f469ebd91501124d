/** A text and the scores of its words, as columns; words may be joined into entities, and corrected. */

import { joinWords } from "./entities.js";
import { isApart } from "./lines.js";
import { SpanCorrections } from "./span_corrections.js";

/** Levels that the page shows: below all marks, and three marks. A bundle's further marks share the last. */
const LEVELS = 4;
/** What a level means, in the words of corrections and of labeled text. */
const LABELS = ["none", "noun", "proper", "entity"];

export class ScoredDocument {
  text = "";
  count = 0;
  start = new Int32Array(); // of each word, in code points
  end = new Int32Array();
  from = new Int32Array(); // the same offsets as JavaScript counts
  to = new Int32Array();
  modelScore = new Float64Array(); // the model's scores
  score = new Float64Array(); // the same, but for corrected words
  probability = null;
  joins = null; // how probable it is that a word goes on with the entity before it, if the model says so
  adjacent = new Uint8Array(); // whether the next word may be in the same entity
  kinds = new Map(); // word → kind of the entity that it is in, where the service says one
  #inLine = new Uint8Array(); // whether the next word is in the same line and column
  #modelJoins = null;
  #calibration = null; // how probable entities are by their scores, if the model says so
  #points = 0; // code points of the text
  #spans = new SpanCorrections(this, []);

  /**
   * `columns` as /v1/score gives them: start and end in code points, score; probability if the model is calibrated, and
   * join if it says so.
   * `marks` and `entity_calibration` as /v1/model gives them.
   * `entities` as /v1/score gives them, for their kinds.
   */
  constructor(text, columns, { marks = [], entity_calibration: calibration = null }, entities = []) {
    this.marks = marks;
    this.#calibration = calibration;
    this.append(text, columns, entities);
  }

  /** Add the next part of a text that is scored in parts; the columns' offsets count from the part's start. */
  append(text, columns, entities = []) {
    const before = this.count;
    const shift = (points) => Int32Array.from(points, (point) => point + this.#points);
    const offset = this.text.length;
    this.start = joined(this.start, shift(columns.start));
    this.end = joined(this.end, shift(columns.end));
    this.from = joined(this.from, units(text, columns.start).map((unit) => unit + offset));
    this.to = joined(this.to, units(text, columns.end).map((unit) => unit + offset));
    this.modelScore = joined(this.modelScore, new Float64Array(columns.score));
    if (columns.probability) {
      this.probability = joined(this.probability ?? new Float64Array(), new Float64Array(columns.probability));
    }
    if (columns.join) this.#modelJoins = joined(this.#modelJoins ?? new Float64Array(), new Float64Array(columns.join));
    this.text += text;
    this.count = this.score.length + columns.score.length;
    this.#inLine = joined(this.#inLine, new Uint8Array(columns.score.length));
    for (let i = Math.max(before - 1, 0); i + 1 < this.count; i++) {
      this.#inLine[i] = !isApart(this.text, this.to[i], this.from[i + 1]);
    }
    for (const { start, end, kind } of entities) if (kind) this.#keepKind(start + this.#points, end + this.#points, kind);
    this.#points += codePoints(text);
    this.correct(this.#spans.list);
  }

  /** Use these corrections, in place of earlier ones: start and end in code points, and a label or a target. */
  correct(corrections) {
    this.#spans = new SpanCorrections(this, corrections);
    this.score = this.#spans.scores(this.modelScore);
    this.adjacent = this.#spans.adjacency(this.#inLine);
    this.joins = this.#modelJoins && this.#spans.joins(this.#modelJoins);
  }

  get modelJoins() {
    return this.#modelJoins;
  }

  get corrections() {
    return this.#spans.list;
  }

  /** The newest correction that word i is part of, undefined if there is none. */
  correctionOf(i) {
    return this.#spans.of(i);
  }

  /** The newest correction of all of a run, undefined if there is none. */
  correctionOfRun({ first, last }) {
    const correction = this.correctionOf(first);
    for (let i = first + 1; i <= last; i++) if (this.correctionOf(i) !== correction) return undefined;
    return correction;
  }

  /** Whether any word of a run is corrected. */
  isCorrected({ first, last }) {
    for (let i = first; i <= last; i++) if (this.correctionOf(i)) return true;
    return false;
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

  /**
   * The same by word: its level, -1 if not highlighted; whether it is tied to the next word; and how many are. The words
   * of one correction are tied, highlighted or not.
   */
  highlights(minimum, joined) {
    const level = new Int8Array(this.count).fill(-1);
    const tied = new Uint8Array(this.count);
    let words = 0;
    this.#visit(minimum, joined, (first, last, score) => {
      level.fill(this.level(score), first, last + 1);
      tied.fill(1, first, last);
      words += last + 1 - first;
    });
    this.#spans.tie(tied, level);
    return { level, tied, words };
  }

  /** The text of a run. */
  span({ first, last }) {
    return this.text.slice(this.from[first], this.to[last]);
  }

  /** The mean of a run's scores as the model gave them. */
  modelMean({ first, last }) {
    return mean(this.modelScore.subarray(first, last + 1));
  }

  /**
   * The probability of a word, or of an entity: by its score or, if the model does not say so, the mean of its words'.
   * Null if the model is not calibrated.
   */
  runProbability(run, isEntity) {
    if (isEntity && this.#calibration) return interpolated(this.#calibration, this.modelMean(run));
    return this.probability && mean(this.probability.subarray(run.first, run.last + 1));
  }

  /** The kind of a run, as the service says it; undefined where it says none, or a person has corrected the run. */
  kind({ first, last }) {
    for (let i = first; i <= last; i++) if (this.kinds.has(i) && !this.correctionOf(i)) return this.kinds.get(i);
    return undefined;
  }

  /** The word at exactly these code points, -1 where there is none. */
  find(start, end) {
    const i = this.firstAfter(start);
    return this.start[i] === start && this.end[i] === end ? i : -1;
  }

  /** The first word that starts at or after a code point, `count` if there is none. */
  firstAfter(point) {
    let low = 0;
    for (let high = this.count; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.start[middle] < point) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The words that lie in text[start:end], in code points, or partly do; null if none does. */
  run(start, end) {
    let first = this.firstAfter(start);
    if (first > 0 && this.end[first - 1] > start) first--;
    const last = this.firstAfter(end) - 1;
    return first <= last ? { first, last } : null;
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

  /** What a score looks like: none, noun, proper or entity. */
  label(score) {
    return LABELS[this.level(score)];
  }

  /** The symbol of the highest mark that `score` reaches, "" below all. */
  symbol(score) {
    return this.marks[this.rank(score) - 1]?.symbol ?? "";
  }

  #keepKind(start, end, kind) {
    for (let i = this.firstAfter(start); i < this.count && this.end[i] <= end; i++) this.kinds.set(i, kind);
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

function codePoints(text) {
  let count = text.length;
  for (let i = 0; i + 1 < text.length; i++) if (text.codePointAt(i) > 0xffff) [count, i] = [count - 1, i + 1];
  return count;
}

function joined(before, after) {
  if (!before.length) return after;
  const all = new before.constructor(before.length + after.length);
  all.set(before);
  all.set(after, before.length);
  return all;
}

/** What a calibration says of a score: linear between its scores, constant outside them. */
function interpolated({ scores, probabilities }, score) {
  const next = scores.findIndex((other) => other > score);
  if (next <= 0) return next ? probabilities.at(-1) : probabilities[0];
  const share = (score - scores[next - 1]) / (scores[next] - scores[next - 1]);
  return probabilities[next - 1] + share * (probabilities[next] - probabilities[next - 1]);
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
