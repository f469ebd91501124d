/** What is written as programs write their own names: the same as in escore/identifiers.py, which says more. */

const BEFORE = /\$[({]$|[\p{L}\p{N}]::$/u;
const AFTER = /^(?:::[\p{L}\p{N}_]|\(\)|=\S)/u;
const SNAKE_CASE = /[\p{L}\p{N}]_+[\p{L}\p{N}]/u;
const DIGITS = /^\p{Nd}+$/u;
const LONGEST_LINK = 3; // letters of the "of" in "Statue_of_Liberty"

/** Whether the word of `text` from `start` to `end`, by itself or by the signs before it, is a part of an identifier. */
export function beginsIdentifier(text, start, end) {
  if (BEFORE.test(text.slice(Math.max(0, start - 4), start))) return true;
  const word = text.slice(start, end);
  if (isLower(word)) {
    const before = text.charAt(start - 1);
    if (before === "$" || (before === "." && /[\p{L}\p{N}]$/u.test(text.slice(Math.max(0, start - 3), start - 1)))) return true;
    if (before === "-") return isSpace(text.charAt(text.charAt(start - 2) === "-" ? start - 3 : start - 2));
    if (before === "/" && isInPath(text, start, end)) return true;
  }
  return isSnakeCase(word);
}

/** The same by the signs behind it. */
export function endsIdentifier(text, start, end) {
  if (AFTER.test(text.slice(end, end + 4))) return true;
  const word = text.slice(start, end);
  if (isLower(word)) {
    const after = text.charAt(end);
    if (after === "(" || (after === ":" && /^\p{L}/u.test(text.slice(end + 1, end + 3)))) return true;
    if (after === "/" && isInPath(text, start, end)) return true;
  }
  return isSnakeCase(word);
}

const isLower = (word) => word === word.toLowerCase() && word !== word.toUpperCase();
const isSpace = (sign) => /^\s?$/.test(sign); // the start of a text, too

/** Whether it has underscores inside, and is not a title that is written with them. */
function isSnakeCase(word) {
  if (!SNAKE_CASE.test(word)) return false;
  const [first, ...others] = word.split("_").filter(Boolean);
  return !(isCapitalized(first) && others.every(mayFollow));
}

function isCapitalized(part) {
  const [first, ...others] = part;
  return first !== first.toLowerCase() && others.join("") === others.join("").toLowerCase();
}

const mayFollow = (part) =>
  isCapitalized(part) || DIGITS.test(part) || ([...part].length <= LONGEST_LINK && part === part.toLowerCase());

/** Whether two slashes at least are in what white space ends on both sides; one may stand for "or". */
function isInPath(text, start, end) {
  while (start > 0 && !isSpace(text.charAt(start - 1))) start--;
  while (end < text.length && !isSpace(text.charAt(end))) end++;
  return text.slice(start, end).split("/").length > 2;
}
