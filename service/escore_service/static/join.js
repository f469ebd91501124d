/** The rule that joins words into entities: the same as escore/join.py, whose Rule holds the same values. */

const SHARE = 0.5; // of the minimum, which a small word between two others needs
const SMALL = /^\p{L}{1,3}$/u;
const STARTERS = "@#"; // after white space these begin another entity
const NAMED = /[\p{L}\p{N}]/u; // signs alone are no entity

/** Visit the entities from `minimum` on, in order: first and last word, and the mean score. */
export function entities(scored, minimum, visit) {
  const { score, count, text, from, to } = scored;
  for (let i = 0; i < count; i++) {
    if (score[i] < minimum) continue;
    const first = i;
    let sum = score[i];
    for (let next = i; (next = following(scored, i, minimum)); ) while (i < next) sum += score[++i];
    if (NAMED.test(text.slice(from[first], to[i]))) visit(first, i, sum / (i + 1 - first));
  }
}

/** The next word that reaches the minimum, if it belongs to the same entity as word `i`; 0 if not. */
function following(scored, i, minimum) {
  const { score, count } = scored;
  while (i + 1 < count && goesOn(scored, i)) {
    if (score[++i] >= minimum) return i;
    if (score[i] < SHARE * minimum || !small(scored, i)) return 0;
  }
  return 0;
}

/** Whether word `i` is a small word, and not one in capitals beside one that is not ("Google CEO Ann"). */
function small(scored, i) {
  const word = scored.word(i);
  if (!SMALL.test(word)) return false;
  const beside = scored.word(i - 1) + scored.word(i + 1);
  const acronym = [...word].length > 1 && word === upper(word) && word !== word.toLowerCase() && beside !== upper(beside);
  return !acronym;
}

const upper = (text) => text.toUpperCase();

/** Whether the word after `i` stands in its line and column, and begins no other entity. */
function goesOn({ neighbours, text, from, to }, i) {
  return neighbours[i] && !(from[i + 1] > to[i] && STARTERS.includes(text[from[i + 1]]));
}
