/** Has the service score a text in parts, so that the first screen of a long one is there at once. */

import { call } from "./api.js";

const WHOLE = 20_000; // a text of up to so many UTF-16 units is scored at once: that takes less than a second
const FIRST = 4_000; // units of a longer text's first part: more than a screen
const PART = 200_000;

/**
 * Score `text` from `begin` on. Yields each part's text, columns and entities, and the model's name. Throws what `call` throws.
 *
 * The model sees a few hundred words at a time, and joining never crosses a line: cut between paragraphs or lines, only
 * the first and last words of a part can differ from those of the whole text, and they differ little.
 */
export async function* scoreParts(text, begin, signal) {
  for (let at = begin; at < text.length; ) {
    const end = text.length - at <= WHOLE ? text.length : cut(text, at, at + (at ? PART : FIRST));
    const part = text.slice(at, end);
    // An entity may have a kind, which columns have no place for.
    const body = JSON.stringify({ text: part, columns: true, entities: true });
    const { model, documents } = await call("v1/score", { method: "POST", body, signal });
    yield { model, text: part, columns: documents[0].words, entities: documents[0].entities };
    at = end;
  }
}

/** Where to end a part that starts at `begin` and has at most up to `limit`: the best place in its second half. */
export function cut(text, begin, limit) {
  if (limit >= text.length) return text.length;
  const half = begin + ((limit - begin) >> 1);
  const window = text.slice(half, limit);
  for (const place of [/^.*\n\r?\n/s, /^.*(?:\n|\r(?!\n))/s, /^.*\s/s]) {
    const match = place.exec(window);
    if (match) return half + match[0].length;
  }
  const splitsPair = text.codePointAt(limit - 1) > 0xffff; // one word of 100,000 letters: cut it, but no character
  return splitsPair ? limit - 1 : limit;
}
