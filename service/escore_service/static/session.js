/** What a tab remembers over a reload beside its texts: which one is shown, the slider, and where one reads. */

const KEY = "escore view";

history.scrollRestoration = "manual"; // the page does it, once the text is there

/** The view of before the reload; {} if there was none. */
export function loadView() {
  return JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
}

/**
 * Keep a view: `current` is the id of the text that is shown, `places` has where each one is read, `draft` is a text
 * that is kept nowhere else.
 */
export function saveView({ draft, ...view }) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...view, draft }));
  } catch {
    sessionStorage.setItem(KEY, JSON.stringify(view)); // the draft is too large
  }
}
