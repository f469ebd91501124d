/** A plain rule that tells a text which is hardly English: the model reads English only. */

const SAMPLE = 10_000; // UTF-16 units from the text's start
const LETTERS = 20; // fewer tell nothing
const WORDS = 20;
const LATIN_SHARE = 0.5;
const FUNCTION_SHARE = 0.05; // English prose has 0.3, headlines and logs 0.1
// Words that the neighbors of English do not have, so neither "in" nor "a".
const FUNCTION_WORDS = new Set(
  ("the of and to is that for with was it as are be this by from have not you at we he she they but had has his her "
    + "their your my will would there been which or if can what who when out up about into i'm it's don't im u").split(" "),
);

/** One line on why the scores of a text mean little, "" if it looks English or is too short to tell. */
export function languageHint(text) {
  const sample = text.slice(0, SAMPLE);
  const letters = sample.match(/\p{L}/gu) ?? [];
  if (letters.length < LETTERS) return "";
  const latin = sample.match(/\p{Script=Latin}/gu)?.length ?? 0;
  if (latin < LATIN_SHARE * letters.length) {
    return "Most letters here are not Latin. The model reads English; its scores of other languages mean little.";
  }
  const words = sample.toLowerCase().match(/[\p{L}\p{M}]+(?:['’]\p{L}+)*/gu);
  if (words.length < WORDS) return "";
  const english = words.filter((word) => FUNCTION_WORDS.has(word.replace("’", "'"))).length;
  if (english >= FUNCTION_SHARE * words.length) return "";
  return "This hardly looks like English, the only language that the model reads; its scores may mean little.";
}
