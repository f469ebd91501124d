/** The page: a text goes to the service, its scores come back, and everything else happens in the browser. */

import { call, Failure } from "./api.js";
import { Card } from "./card.js";
import { Corrections } from "./corrections.js";
import { Cut } from "./cut.js";
import * as download from "./download.js";
import { Entities } from "./entities.js";
import { receive } from "./files.js";
import { Scored } from "./scored.js";
import { TextView } from "./text.js";
import { label } from "./visible.js";
import { Walk } from "./walk.js";

const $ = (id) => document.getElementById(id);
const LONG = 20_000; // words; the list of a longer text follows when the slider rests
const REST = 150; // ms
const KEPT = ["box", "number"]; // over a reload, by this tab

let model = null; // what /v1/model says, once it was asked
let scored = null;
let source = { name: "-" }; // the file that is in the box; a box changes line ends, so its own text is kept
let sending = null; // stops the request that is on its way
let listing = 0; // timers
let waiting = 0;

for (const id of KEPT) $(id).value = sessionStorage.getItem(`escore ${id}`) ?? $(id).value;

const text = new TextView($("text"), {
  hint: (i, element) => card.hint(i, element),
  leave: () => card.leave(),
  choose: (i, element, byKey) => card.choose(i, element, byKey),
});
const card = new Card({
  correct: (i, kind) => attempt(async () => {
    const word = label(scored.word(i));
    await corrections.set(i, kind);
    say(`“${word}” is corrected to ${kind}.`);
  }),
  undo: takeBack,
});
const corrections = new Corrections({
  changed(words) {
    text.correct(words);
    card.renew();
  },
  show: (i) => text.reveal({ first: i, last: i }),
  undo: takeBack,
});
const cut = new Cut(show);
const walk = new Walk(text);
const entities = new Entities((group, button) => walk.start(group, button));

/** Send the text in the box, and show what comes back. */
async function score() {
  sending?.abort();
  const stop = (sending = new AbortController());
  await attempt(async () => {
    model ??= await meet();
    const whole = $("box").value === source.shown ? source.text : $("box").value;
    if (!whole) {
      forget();
      throw new Failure("There is no text yet: type one, open a file, or take the example.");
    }
    const body = JSON.stringify({ text: whole, columns: true });
    refuse(new Blob([body]).size);
    say(`Scoring ${count(whole.length, "character")} …`);
    const begun = performance.now();
    const { documents } = await call("v1/score", { method: "POST", body, signal: stop.signal });
    scored = new Scored(whole, documents[0].words, model.marks);
    await present(`${count(scored.count, "word")} scored in ${((performance.now() - begun) / 1000).toFixed(2)} s`);
  }, stop);
}

async function present(done) {
  walk.stop();
  $("result").hidden = false;
  text.show(scored);
  card.show(scored, model.feedback ? corrections : null);
  cut.show(scored);
  show();
  say(done);
  if (model.feedback) await corrections.load(scored);
}

/** Light what the slider leaves, without the service. */
function show() {
  if (!scored) return;
  const lit = scored.lit(cut.minimum, cut.joined);
  text.light(lit);
  cut.count(lit.words, scored.count);
  clearTimeout(listing);
  const list = () => entities.show(scored, scored.runs(cut.minimum, true));
  if (scored.count > LONG) listing = setTimeout(list, REST);
  else list();
}

function forget() {
  scored = null;
  clearTimeout(listing);
  walk.stop();
  card.hide();
  $("result").hidden = true;
}

/** Ask what the model is and what the service takes. */
async function meet() {
  const told = await call("v1/model");
  $("model").textContent = `Model ${told.name} ${told.version} (${told.precision}, ${told.license}). `
    + "Your text goes to this service and nowhere else.";
  return told;
}

/** Throw a Failure where so many bytes are more than the service takes. */
function refuse(bytes) {
  if (!model || bytes <= model.limits.body) return;
  const mb = (size) => (size / 1e6).toFixed(1);
  throw new Failure(`That is ${mb(bytes)} MB, and the service takes ${mb(model.limits.body)} MB; score it in parts.`);
}

function takeBack(correction) {
  return attempt(async () => {
    await corrections.undo(correction);
    say("The correction is taken back.");
    if (document.activeElement === document.body) text.focus(); // its button is gone
  });
}

/** Do something with the service, and say what went wrong. */
async function attempt(action, stop = null) {
  if (stop) busy(true);
  try {
    await action();
  } catch (error) {
    if (error instanceof Failure) say(error.message, true);
    else if (error.name !== "AbortError") throw error;
    else if (sending === stop) say("Stopped.");
  } finally {
    if (stop && sending === stop) busy(false);
  }
}

function busy(is) {
  $("go").disabled = is;
  clearTimeout(waiting);
  const show = () => ($("wait").hidden = !is);
  if (is) waiting = setTimeout(show, 2 * REST);
  else show();
}

/** Say it beside the buttons; a failure that would stand there unseen floats above the text. */
function say(line, wrong = false) {
  const status = $("status");
  status.textContent = line;
  status.classList.toggle("error", wrong);
  status.classList.remove("afloat");
  const unseen = wrong && status.getBoundingClientRect().bottom < 0;
  status.classList.toggle("afloat", unseen);
  if (unseen) card.hide(); // which would cover it
}

function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

function save({ target: { value: kind } }) {
  const { minimum, joined } = cut;
  const written = {
    jsonl: () => download.jsonl(scored, minimum, joined, scored.text === source.text ? source.name : "-"),
    csv: () => download.csv(scored, minimum, joined),
    html: () => download.html(scored, minimum, joined, $("chips").sheet),
  };
  const types = { jsonl: "application/jsonl", csv: "text/csv", html: "text/html" };
  if (kind in types) download.save(`escore.${kind}`, types[kind], written[kind]());
}

$("source").addEventListener("submit", (event) => {
  event.preventDefault();
  score();
});
$("stop").addEventListener("click", () => sending.abort());
$("example").addEventListener("click", () => {
  $("box").value = $("box").defaultValue;
  score();
});
$("box").addEventListener("input", () => scored && say("The text has changed since it was scored."));
$("box").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) score();
});
$("downloads").addEventListener("click", save);
addEventListener("pagehide", () => {
  for (const id of KEPT) {
    try {
      sessionStorage.setItem(`escore ${id}`, $(id).value);
    } catch {
      sessionStorage.removeItem(`escore ${id}`); // too large to be kept
    }
  }
});
receive({
  check: refuse,
  take(name, whole) {
    $("box").value = whole;
    source = { name, text: whole, shown: $("box").value };
    return score();
  },
  attempt,
});
score();
