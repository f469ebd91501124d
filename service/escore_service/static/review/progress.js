/** How far the review is, how often the model was right, and when a training is worth it. */

const $ = (id) => document.getElementById(id);

export function showProgress({ texts, reviewed, conflicts, suggested, right, missed, needed }) {
  const number = (value) => value.toLocaleString("en");
  $("bar").max = Math.max(texts, 1);
  $("bar").value = reviewed;
  $("done").textContent = `${number(reviewed)} of ${number(texts)} reviewed, ${number(texts - reviewed)} left`
    + (conflicts ? `, ${number(conflicts)} in conflict` : "");
  const share = Math.round((100 * right) / Math.max(suggested, 1));
  $("agreement").textContent = suggested
    ? `The model had ${number(right)} of ${number(suggested)} entities right (${share} %), and missed ${number(missed)}.`
    : "";
  $("needed").textContent = needed
    ? `A training is worth it after ${number(needed)} more texts. Every fifth is held out, to measure on.`
    : "A training is worth it now; each doubling of the texts adds less. In a terminal:";
  $("command").hidden = needed > 0;
}
