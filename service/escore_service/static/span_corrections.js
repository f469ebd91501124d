/** What corrections do to a scored document: their words get other scores, and a span of several words is one entity. */

/** The score of a label: the middle of its class on the scale. */
export const LABEL_SCORES = { none: 0, noun: 100, proper: 200, entity: 300 };

export class SpanCorrections {
  #owners = new Map(); // word → the newest correction that it is part of
  #pieces = []; // first and last word of what has one owner

  /** `corrections` as /v1/feedback gives them, in any order; a newer one beats an older one. */
  constructor(doc, corrections) {
    this.list = corrections;
    const byTime = corrections.toSorted((a, b) => compare(a.time, b.time));
    for (const correction of byTime) {
      const run = doc.run(correction.start, correction.end);
      for (let i = run?.first; i <= run?.last; i++) this.#owners.set(i, correction);
    }
    for (const i of [...this.#owners.keys()].sort((a, b) => a - b)) {
      const piece = this.#pieces.at(-1);
      const goesOn = piece?.last === i - 1 && this.#owners.get(piece.first) === this.#owners.get(i);
      if (goesOn) piece.last = i;
      else this.#pieces.push({ first: i, last: i });
    }
  }

  of(i) {
    return this.#owners.get(i);
  }

  /** The scores with the corrections. */
  scores(modelScores) {
    const scores = modelScores.slice();
    for (const [i, { label, target }] of this.#owners) scores[i] = target ?? LABEL_SCORES[label];
    return scores;
  }

  /** Whether the next word may be in the same entity: within a span it is, and no entity goes on past its ends. */
  adjacency(inLine) {
    const adjacent = inLine.slice();
    for (const { first, last } of this.#pieces) {
      if (first === last) continue; // one word may be part of a longer entity
      adjacent.fill(1, first, last);
      adjacent[last] = 0;
      if (first > 0) adjacent[first - 1] = 0;
    }
    return adjacent;
  }

  /** The probabilities that words go on: the words of a span do. */
  joins(modelJoins) {
    const joins = modelJoins.slice();
    for (const { first, last } of this.#pieces) joins.fill(1, first + 1, last + 1);
    return joins;
  }

  /** Tie the words of each span to each other, where they have one level. */
  tie(tied, level) {
    for (const { first, last } of this.#pieces) {
      for (let i = first; i < last; i++) if (level[i] === level[i + 1]) tied[i] = 1;
    }
  }
}

function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}
