import { beginsIdentifier, endsIdentifier } from "./identifiers.js";

/** The rule that joins words into entities: the same as in escore/entities.py, whose Rule has the same values. */

const SHARE = 0.5; // of the minimum, which a function word between two others needs
const SPLIT = 0.1; // a word of a lower probability of going on begins anew
const BRIDGE = 0.5; // words of this probability go on whatever stands between
const ENDS = 0.5; // the share of the minimum from which on such words belong to an entity
const COMMON = 150; // between words that all score less, joins say nothing
const FUNCTION_WORD = /^\p{L}{1,3}$/u;
const STARTERS = "@#"; // after white space these begin another entity
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
const CLITIC = /^['’]/;
const BLANK = /^(?:&nbsp;|&#160;)+$/; // white space that HTML writes in letters
// What stands behind a comma in names: legal forms of companies, degrees, what tells fathers from sons, and "D.C.".
const SUFFIX = new RegExp(
  String.raw`,[ \xa0\n]?((?:Ltd|LTD|Incorporated|Inc|INC|Corp|CORP|Co|Jr|JR|Sr|SR|Esq|Ph\.D)(?:\.(?!\.))?|`
    + "Limited|LLC|LLP|LP|PLC|Plc|plc|GmbH|AG|BV|SpA|III|II|DC|"
    + String.raw`(?:S\.p\.A|S\.A|S\.L|N\.V|B\.V|L\.L\.C|L\.L\.P|L\.P|P\.C|N\.A|M\.D|D\.C)\.)`,
  "y",
);
// No name ends with these in lower case.
const INNER = new Set("a an and at by for from in of on or the to with".split(" "));
const BRACKETS = { ")": "(", "]": "[", "}": "{" };

/** Visit the entities from `minimum` on, in order: first and last word, and the mean score. */
export function joinWords(doc, minimum, visit) {
  const { score, count } = doc;
  for (let i = 0; i < count; i++) {
    if (score[i] < minimum) continue;
    let run = { first: i, last: i };
    for (let next = i; (next = nextWord(doc, next, minimum)); ) i = run.last = next;
    if (doc.joins) extend(doc, run, minimum);
    trim(doc, run, minimum);
    trimIdentifiers(doc, run, minimum);
    if (run.first > run.last || INNER.has(doc.word(run.last)) || !isName(doc.span(run))) continue;
    visit(run.first, run.last, mean(score, run));
  }
}

/** The next word that reaches the minimum, or ends a suffix, if it belongs to the same entity as word `i`; 0 if not. */
function nextWord(doc, i, minimum) {
  const { score, count, joins } = doc;
  const suffix = suffixEnd(doc, i, minimum);
  if (suffix) return suffix;
  let goOn = Boolean(joins);
  let isSplit = false;
  let areNear = true; // with nothing but function words between them
  for (let next = i + 1; next < count && continues(doc, next - 1); next++) {
    const blank = isBlank(doc, next);
    const counts = joins && !blank && !isBlank(doc, next - 1); // behind a blank the model is shown a sign
    if (counts && joins[next] < BRIDGE) goOn = false;
    if (counts && joins[next] < SPLIT) isSplit = true;
    if (score[next] >= minimum) {
      return goOn || (areNear && (!isSplit || Math.max(score[i], score[next]) < COMMON)) ? next : 0;
    }
    const isShort = isFunctionWord(doc, next) || (joins?.[next] >= BRIDGE && doc.word(next) === ".");
    if (!blank && (score[next] < SHARE * minimum || !isShort)) areNear = false;
    if (!goOn && !areNear) return 0;
  }
  return 0;
}

const isBlank = (doc, i) => BLANK.test(doc.word(i));

/** The last word of a "Ltd." or a "Jr." of half the minimum that a comma parts from name `i`; 0 if there is none. */
function suffixEnd(doc, i, minimum) {
  const { from, to, count, score, text } = doc;
  const first = i + (doc.word(i + 1) === "." ? 3 : 2); // "Bros., Inc."
  if (first >= count || doc.word(first - 1) !== "," || !isName(doc.word(i))) return 0;
  SUFFIX.lastIndex = from[first - 1];
  const suffix = SUFFIX.exec(text);
  if (!suffix || from[first] !== SUFFIX.lastIndex - suffix[1].length) return 0;
  for (let between = i; between < first; between++) if (!continues(doc, between)) return 0;
  let last = first;
  while (last + 1 < count && to[last] < SUFFIX.lastIndex) last++;
  if (to[last] !== SUFFIX.lastIndex) return 0;
  for (let part = first; part <= last; part++) {
    if (score[part] < ENDS * minimum && doc.word(part) !== ".") return 0;
  }
  return last;
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

/** Whether it is a function word in lower case. */
const isShort = (word) => FUNCTION_WORD.test(word) && /^\p{Lowercase}+$/u.test(word);

/** Whether the word after `i` is in its line and column, and begins no other entity. */
function continues({ adjacent, text, from, to }, i) {
  return adjacent[i] && !(from[i + 1] > to[i] && STARTERS.includes(text[from[i + 1]]));
}

/** Add words beside a run that go on, if they score a share of the minimum, or it may end with them; no "of" at its ends. */
function extend(doc, run, minimum) {
  const { score, joins, count } = doc;
  const lowest = ENDS * minimum;
  const { first, last } = run;
  while (run.last + 1 < count && joins[run.last + 1] >= BRIDGE && continues(doc, run.last)) {
    if (score[run.last + 1] < lowest && !mayEnd(doc, { ...run, last: run.last + 1 })) break;
    run.last++;
  }
  while (run.first > 0 && joins[run.first] >= BRIDGE && continues(doc, run.first - 1) && score[run.first - 1] >= lowest) {
    run.first--;
  }
  while (run.last > last && isShort(doc.word(run.last))) run.last--;
  while (run.first < first && isShort(doc.word(run.first))) run.first++;
}

/** Leave out what no entity begins or ends with: signs, and function words that a sign was joined by. */
function trim(doc, run, minimum) {
  const { score } = doc;
  const lowest = ENDS * minimum;
  while (run.first < run.last && !(score[run.first] >= lowest && mayBegin(doc, run.first))) run.first++;
  while (run.first < run.last && !mayEnd(doc, run)) {
    if (score[run.last] >= lowest && !isSign(doc.word(run.last)) && !INNER.has(doc.word(run.last))) break;
    run.last--;
  }
}

/** Leave out identifiers at the ends, and the signs that are the ends then; perhaps nothing is left. */
function trimIdentifiers(doc, run, minimum) {
  const { text, from, to } = doc;
  while (run.first <= run.last) {
    const { first, last } = run;
    if (beginsIdentifier(text, from[first], to[first])) run.first++;
    else if (endsIdentifier(text, from[last], to[last])) run.last--;
    else {
      trim(doc, run, minimum);
      if (run.first === first && run.last === last) return;
    }
  }
}

/** Whether an entity may begin with a word that is not its last: no clitic, and no sign but "@" and "#". */
function mayBegin(doc, first) {
  const word = doc.word(first);
  return STARTERS.includes(word) ? isAttached(doc, first) : isName(word);
}

/** Whether an entity may end with a sign: a full stop, or a bracket that closes one in it. */
function mayEnd(doc, { first, last }) {
  const sign = doc.word(last);
  if (!isAttached(doc, last - 1)) return false;
  if (sign === ".") return LETTER_OR_DIGIT.test(doc.word(last - 1)) && !LETTER_OR_DIGIT.test(doc.text[doc.to[last]] ?? "");
  const inside = doc.span({ first, last });
  return sign in BRACKETS && occurrences(inside, BRACKETS[sign]) >= occurrences(inside, sign);
}

const isAttached = ({ from, to }, i) => to[i] === from[i + 1];
const occurrences = (text, sign) => text.split(sign).length - 1;

/** Whether a text is neither a sign nor a clitic. */
const isName = (text) => !isSign(text) && !CLITIC.test(text);
const isSign = (text) => !LETTER_OR_DIGIT.test(text) || BLANK.test(text);

function mean(score, { first, last }) {
  let sum = 0;
  for (let i = first; i <= last; i++) sum += score[i];
  return sum / (last + 1 - first);
}
