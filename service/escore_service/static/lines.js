/** Where an entity may go on: in one line, in one column, and over a line end of prose; the same as in escore/lines.py. */

const COLUMNS = /\t|[ \xa0]{3}/; // between the columns of a table
const ENDS = /[\n\x0b\x0c\r\x85\u2028\u2029]/;
const LINE_END = /^[ \xa0]*\r?\n[ \xa0]*$/;
const SENTENCE_END = /[.!?:;…]["'”’»)\]]*$/;
const ABBREVIATION = /(?:^|[ (])(?:[A-Z]|Capt|Col|Dr|Ft|Gen|Gov|Lt|Mr|Mrs|Ms|Mt|Prof|Rep|Rev|Sen|Sgt|St)[.]$/;
const MIN_LINE = 40; // characters

/** Whether what lies between two words, from the end of one to the start of the next, ends every entity. */
export function isApart(text, end, start) {
  const gap = text.slice(end, start);
  if (gap === "" || gap === " ") return false;
  if (!ENDS.test(gap)) return COLUMNS.test(gap);
  return !LINE_END.test(gap) || !isWrapped(text, text.indexOf("\n", end));
}

/** Whether the "\n" at `end` only breaks a line of prose, which goes on in the next. */
function isWrapped(text, end) {
  const begin = lineStart(text, end);
  const line = withoutEnd(text.slice(begin, end));
  const after = withoutEnd(text.slice(end + 1, lineEnd(text, end + 1)));
  if (length(line) < MIN_LINE || indent(after) > indent(line)) return false;
  if (SENTENCE_END.test(line) && !ABBREVIATION.test(line)) return false;
  if (COLUMNS.test(inner(line)) || COLUMNS.test(inner(after))) return false;
  const beforeEnd = Math.max(begin - 1, 0);
  const before = withoutEnd(text.slice(lineStart(text, beforeEnd), beforeEnd));
  const first = after.replace(/^ +/, "").split(" ", 1)[0];
  if (length(line) + 1 + length(first) <= Math.max(length(before), length(after))) return false;
  const words = line.split(" ");
  return count(words, /^\p{Lowercase}/u) > count(words, /^\p{Uppercase}/u);
}

const lineStart = (text, end) => (end > 0 ? text.lastIndexOf("\n", end - 1) + 1 : 0);
const lineEnd = (text, begin) => (text.indexOf("\n", begin) + 1 || text.length + 1) - 1;
const withoutEnd = (line) => line.replace(/[\r ]+$/, "");
const inner = (line) => line.replace(/^[\t ]+|[\t ]+$/g, "");
const indent = (line) => line.search(/[^ ]|$/);
const length = (line) => [...line].length; // in code points
const count = (words, pattern) => words.filter((word) => pattern.test(word)).length;
