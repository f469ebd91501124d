/** Cuts a scored text into chunks, which the page shows one by one. */

const MIN_WORDS = 200; // a chunk ends with the first line that ends after so many words,
const MAX_WORDS = 1000; // or within a line after so many
const LINE_END = /[\n\r\x0b\x0c\x85\u2028\u2029][^\n\r\x0b\x0c\x85\u2028\u2029]*$/;

/** A word that is read from right to left. */
export const RIGHT_TO_LEFT = /^\P{L}*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;

/**
 * The chunks of a text from a word and a string offset on: words first to end (exclusive), string offsets from and to,
 * broken where a line goes on.
 */
export function chunks({ text, from, to, count }, first, at) {
  const result = [];
  for (let i = first; i < count - 1; i++) {
    const size = i + 1 - first;
    if (size < MIN_WORDS) continue;
    const gap = text.slice(to[i], from[i + 1]);
    const line = gap.search(LINE_END) + 1;
    if (!line && size < MAX_WORDS) continue;
    const end = line ? to[i] + line : from[i + 1];
    result.push({ first, end: i + 1, from: at, to: end, broken: !line, words: null });
    [first, at] = [i + 1, end];
  }
  if (at < text.length) result.push({ first, end: count, from: at, to: text.length, broken: false, words: null });
  return result;
}

/** About how many lines a text fills, with so many characters a line. */
export function paragraphLines(text, perLine) {
  return text.split("\n").reduce((sum, line) => sum + Math.ceil(line.length / perLine || 1), 0);
}
