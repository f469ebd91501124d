/** Text that is safe to show: invisible characters and those that turn the reading direction appear as code points. */

// White space stays, and so do the joiners, which shape letters and emoji.
const UNPRINTABLE = /(?![\t-\r\x85])[\p{Cc}\p{Bidi_Control}\u200b\u2060\ufeff]/gu;
const LINE_END = /\r\n?|[\x0b\x0c\x85\u2028\u2029]/g;
const MAX_LENGTH = 80; // code points of a short line

/** `text` as a page may show it: line ends are line feeds. */
export function printable(text) {
  return text.replace(LINE_END, "\n").replace(UNPRINTABLE, (char) => `<U+${hex(char)}>`);
}

/** `text` on one line, cut if it is long, for lists and titles. */
export function shortLine(text) {
  const line = printable(text).replace(/\s+/g, " ");
  const points = Array.from(line.slice(0, 2 * MAX_LENGTH));
  return points.length > MAX_LENGTH ? `${points.slice(0, MAX_LENGTH).join("")}…` : line;
}

function hex(char) {
  return char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
}
