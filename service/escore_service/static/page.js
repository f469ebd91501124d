/** The page: it sends a text to the service and shows the scores; everything else happens in the browser. */

import { call, Failure } from "./api.js";
import { Corrections } from "./corrections.js";
import { ScoredDocument } from "./document.js";
import * as download from "./download.js";
import { EntityList } from "./entity_list.js";
import { acceptFiles } from "./file_input.js";
import { Filter } from "./filter.js";
import { Occurrences } from "./occurrences.js";
import { shortLine } from "./printable.js";
import { TextView } from "./text_view.js";
import { WordCard } from "./word_card.js";

const $ = (id) => document.getElementById(id);
const LONG = 20_000; // words; the list of a longer text is updated when the slider stops
const PAUSE = 150; // ms
const SAVED = ["box", "number"]; // over a reload, by this tab

let model = null; // the answer of /v1/model
let doc = null;
let source = { name: "-" }; // the file in the box, with its own text: a box changes line ends
let request = null; // its AbortController
let listTimer = 0;
let busyTimer = 0;

for (const id of SAVED) $(id).value = sessionStorage.getItem(`escore ${id}`) ?? $(id).value;

const text = new TextView($("text"), {
  hint: (i, element) => card.hint(i, element),
  leave: () => card.leave(),
  choose: (i, element, byKey) => card.choose(i, element, byKey),
});
const card = new WordCard({
  correct: (i, label) => attempt(async () => {
    const word = shortLine(doc.word(i));
    await corrections.set(i, label);
    say(`“${word}” is corrected to ${label}.`);
  }),
  undo,
});
const corrections = new Corrections({
  changed(words) {
    text.markCorrected(words);
    card.update();
  },
  show: (i) => text.reveal({ first: i, last: i }),
  undo,
});
const filter = new Filter(show);
const occurrences = new Occurrences(text);
const entityList = new EntityList((group, button) => occurrences.start(group, button));

/** Send the text in the box, and show its scores. */
async function score() {
  request?.abort();
  const controller = (request = new AbortController());
  await attempt(async () => {
    model ??= await askModel();
    const whole = $("box").value === source.shown ? source.text : $("box").value;
    if (!whole) {
      clear();
      throw new Failure("There is no text yet: type one, open a file, or take the example.");
    }
    const body = JSON.stringify({ text: whole, columns: true });
    checkSize(new Blob([body]).size);
    say(`Scoring ${count(whole.length, "character")} …`);
    const start = performance.now();
    const { model: name, documents } = await call("v1/score", { method: "POST", body, signal: controller.signal });
    if (name !== `${model.name} ${model.version}`) model = await askModel(); // another came into use
    doc = new ScoredDocument(whole, documents[0].words, model.marks);
    await showDocument(`${count(doc.count, "word")} scored in ${((performance.now() - start) / 1000).toFixed(2)} s`);
  }, controller);
}

async function showDocument(message) {
  occurrences.stop();
  $("result").hidden = false;
  text.show(doc);
  card.show(doc, model.feedback ? corrections : null);
  filter.show(doc);
  show();
  say(message);
  if (model.feedback) await corrections.load(doc);
}

/** Highlight the words from the minimum on, without the service. */
function show() {
  if (!doc) return;
  const highlights = doc.highlights(filter.minimum, filter.joined);
  text.highlight(highlights);
  filter.count(highlights.words, doc.count);
  clearTimeout(listTimer);
  const list = () => entityList.show(doc, doc.runs(filter.minimum, true));
  if (doc.count > LONG) listTimer = setTimeout(list, PAUSE);
  else list();
}

function clear() {
  doc = null;
  clearTimeout(listTimer);
  occurrences.stop();
  card.hide();
  $("result").hidden = true;
}

/** Ask what the model is and what the service accepts. */
async function askModel() {
  const answer = await call("v1/model");
  $("model").textContent = `Model ${answer.name} ${answer.version} (${answer.precision}, ${answer.license}). `
    + "Your text goes to this service and nowhere else.";
  return answer;
}

/** Throw a Failure if so many bytes are more than the service accepts. */
function checkSize(bytes) {
  if (!model || bytes <= model.limits.body) return;
  const mb = (size) => (size / 1e6).toFixed(1);
  throw new Failure(`That is ${mb(bytes)} MB, and the service takes ${mb(model.limits.body)} MB; score it in parts.`);
}

function undo(correction) {
  return attempt(async () => {
    await corrections.undo(correction);
    say("The correction is taken back.");
    if (document.activeElement === document.body) text.focus(); // its button is gone
  });
}

/** Do something with the service, and show what went wrong. */
async function attempt(action, controller = null) {
  if (controller) busy(true);
  try {
    await action();
  } catch (error) {
    if (error instanceof Failure) say(error.message, true);
    else if (error.name !== "AbortError") throw error;
    else if (request === controller) say("Stopped.");
  } finally {
    if (controller && request === controller) busy(false);
  }
}

function busy(is) {
  $("go").disabled = is;
  clearTimeout(busyTimer);
  const show = () => ($("wait").hidden = !is);
  if (is) busyTimer = setTimeout(show, 2 * PAUSE);
  else show();
}

/** Show a message beside the buttons, or above the text if it is a failure and they are out of sight. */
function say(line, failed = false) {
  const status = $("status");
  status.textContent = line;
  status.classList.toggle("error", failed);
  status.classList.remove("afloat");
  const hidden = failed && status.getBoundingClientRect().bottom < 0;
  status.classList.toggle("afloat", hidden);
  if (hidden) card.hide(); // which would cover it
}

function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

function save({ target: { value: format } }) {
  const { minimum, joined } = filter;
  const write = {
    jsonl: () => download.jsonl(doc, minimum, joined, doc.text === source.text ? source.name : "-"),
    csv: () => download.csv(doc, minimum, joined),
    html: () => download.html(doc, minimum, joined, $("chips").sheet),
  };
  const types = { jsonl: "application/jsonl", csv: "text/csv", html: "text/html" };
  if (format in types) download.save(`escore.${format}`, types[format], write[format]());
}

$("source").addEventListener("submit", (event) => {
  event.preventDefault();
  score();
});
$("stop").addEventListener("click", () => request.abort());
$("example").addEventListener("click", () => {
  $("box").value = $("box").defaultValue;
  score();
});
$("box").addEventListener("input", () => doc && say("The text has changed since it was scored."));
$("box").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) score();
});
$("downloads").addEventListener("click", save);
addEventListener("pagehide", () => {
  for (const id of SAVED) {
    try {
      sessionStorage.setItem(`escore ${id}`, $(id).value);
    } catch {
      sessionStorage.removeItem(`escore ${id}`); // too large
    }
  }
});
acceptFiles({
  check: checkSize,
  take(name, whole) {
    $("box").value = whole;
    source = { name, text: whole, shown: $("box").value };
    return score();
  },
  attempt,
});
score();
