/** What is written as programs write their own names: the same as in escore/identifiers.py, which says more. */

const BEFORE = /\$[({]$|[\p{L}\p{N}]::$/u;
const AFTER = /^(?:::[\p{L}\p{N}_]|\(\))/u;
const ARCHITECTURE = /^:[a-z]{1,9}\p{Nd}/u;
const LONGEST_EXTENSION = 4;
const PATH = /^[^\p{L}\p{N}_/~.]*(?:\/|~\/|\.\.?\/|[\p{L}\p{N}_]+:\/\/)/u;

/** Whether the word of `text` from `start` to `end`, by itself or by the signs before it, is a part of an identifier. */
export function beginsIdentifier(text, start, end) {
  if (BEFORE.test(text.slice(Math.max(0, start - 4), start))) return true;
  const word = text.slice(start, end);
  const before = text.charAt(start - 1);
  if (!isLower(word)) return false;
  if (before === "." && [...word].length <= LONGEST_EXTENSION) {
    return /[\p{L}\p{N}]$/u.test(text.slice(Math.max(0, start - 3), start - 1)) && !/^\p{L}/u.test(text.slice(end, end + 2));
  }
  return before === "$" || isSnakeCase(text, start, end) || (before === "/" && isInPath(text, start, end));
}

/** The same by the signs behind it. */
export function endsIdentifier(text, start, end) {
  if (AFTER.test(text.slice(end, end + 4))) return true;
  if (!isLower(text.slice(start, end))) return false;
  if (ARCHITECTURE.test(text.slice(end, end + 20)) || isSnakeCase(text, start, end)) return true;
  return text.charAt(end) === "/" && isInPath(text, start, end);
}

const isLower = (word) => word === word.toLowerCase() && word !== word.toUpperCase();
const isSpace = (sign) => /^\s?$/.test(sign); // the start of a text, too

/** Whether a word has underscores inside, and is no handle or hashtag. */
function isSnakeCase(text, start, end) {
  const inside = text.slice(start, end).replace(/^_+|_+$/g, "");
  return inside.includes("_") && !["@", "#"].includes(text.charAt(start - 1));
}

/** Whether what white space ends on both sides begins as a path or a link does, and has two slashes at least. */
function isInPath(text, start, end) {
  while (start > 0 && !isSpace(text.charAt(start - 1))) start--;
  while (end < text.length && !isSpace(text.charAt(end))) end++;
  const path = text.slice(start, end);
  return path.split("/").length > 2 && PATH.test(path);
}
