/** Characters that show nothing or turn the reading direction are shown as code points, as `escore run` shows them. */

// White space stays, and so do the joiners, which shape letters and emoji.
const UNSEEN = /(?![\t-\r\x85])[\p{Cc}\p{Bidi_Control}\u200b\u2060\ufeff]/gu;
const LINE_END = /\r\n?|[\x0b\x0c\x85\u2028\u2029]/g;
const LONGEST = 80; // characters of a label

/** `text` as a page may show it: line ends are line feeds. */
export function visible(text) {
  return text.replace(LINE_END, "\n").replace(UNSEEN, (char) => `<U+${hex(char)}>`);
}

/** `text` in one line, for lists and titles. */
export function label(text) {
  const line = visible(text).replace(/\s+/g, " ");
  const points = Array.from(line.slice(0, 2 * LONGEST));
  return points.length > LONGEST ? `${points.slice(0, LONGEST).join("")}…` : line;
}

function hex(char) {
  return char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
}
