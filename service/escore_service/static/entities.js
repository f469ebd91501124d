/** The rule that joins words into entities: the same as in escore/entities.py, whose Rule has the same values. */

const SHARE = 0.5; // of the minimum, which a function word between two others needs
const FUNCTION_WORD = /^\p{L}{1,3}$/u;
const STARTERS = "@#"; // after white space these begin another entity
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u; // signs alone are no entity

/** Visit the entities from `minimum` on, in order: first and last word, and the mean score. */
export function joinWords(doc, minimum, visit) {
  const { score, count, text, from, to } = doc;
  for (let i = 0; i < count; i++) {
    if (score[i] < minimum) continue;
    const first = i;
    let sum = score[i];
    for (let next = i; (next = nextWord(doc, i, minimum)); ) while (i < next) sum += score[++i];
    if (LETTER_OR_DIGIT.test(text.slice(from[first], to[i]))) visit(first, i, sum / (i + 1 - first));
  }
}

/** The next word that reaches the minimum, if it belongs to the same entity as word `i`; 0 if not. */
function nextWord(doc, i, minimum) {
  const { score, count } = doc;
  while (i + 1 < count && continues(doc, i)) {
    if (score[++i] >= minimum) return i;
    if (score[i] < SHARE * minimum || !isFunctionWord(doc, i)) return 0;
  }
  return 0;
}

/** Whether word `i` is a function word, and not in capitals beside a word that is not ("Google CEO Ann"). */
function isFunctionWord(doc, i) {
  const word = doc.word(i);
  if (!FUNCTION_WORD.test(word)) return false;
  const neighbors = doc.word(i - 1) + doc.word(i + 1);
  const acronym = [...word].length > 1 && word === upper(word) && word !== word.toLowerCase() && neighbors !== upper(neighbors);
  return !acronym;
}

const upper = (text) => text.toUpperCase();

/** Whether the word after `i` is in its line and column, and begins no other entity. */
function continues({ adjacent, text, from, to }, i) {
  return adjacent[i] && !(from[i + 1] > to[i] && STARTERS.includes(text[from[i + 1]]));
}
