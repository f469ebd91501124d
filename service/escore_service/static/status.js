/** What the page is doing: one line, the progress of scoring, and failures in words. */

import { Failure } from "./api.js";

const PAUSE = 300; // ms; a shorter wait shows no bar
const $ = (id) => document.getElementById(id);

let timer = 0;

/** Show a message beside the buttons, or above the text if it is a failure and they are out of sight. */
export function say(line, failed = false) {
  const status = $("status");
  status.textContent = line;
  status.classList.toggle("error", failed);
  status.classList.remove("afloat");
  const isHidden = failed && status.getBoundingClientRect().bottom < 0;
  status.classList.toggle("afloat", isHidden);
  if (isHidden) $("card").hidePopover(); // which would cover it
}

/** Do something with the service, and show what went wrong; `stopped` is called if it was stopped. */
export async function attempt(action, stopped = () => {}) {
  try {
    return await action();
  } catch (error) {
    if (error instanceof Failure) say(error.message, true);
    else if (error.name === "AbortError") stopped();
    else throw error;
  }
  return undefined;
}

/** Whether the service is asked; the bar comes after a moment. */
export function busy(is) {
  clearTimeout(timer);
  const show = () => ($("wait").hidden = !is);
  if (is) timer = setTimeout(show, PAUSE);
  else show();
}

/** How much is scored, 0..1; nothing yet is a bar that does not say how much. */
export function progress(share) {
  if (share) $("progress").value = share;
  else $("progress").removeAttribute("value");
}

export function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
