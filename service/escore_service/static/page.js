/** The page: it sends texts to the service and shows the scores; everything else happens in the browser. */

import { call, Failure } from "./api.js";
import { ScoredDocument } from "./document.js";
import { Editor } from "./editor.js";
import { EXAMPLES, offerExamples } from "./examples.js";
import { acceptFiles } from "./file_input.js";
import { languageHint } from "./language.js";
import { OpenTexts } from "./open_texts.js";
import { Results } from "./results.js";
import { scoreParts } from "./scoring.js";
import { loadView, saveView } from "./session.js";
import { attempt, busy, count, progress, say } from "./status.js";

const $ = (id) => document.getElementById(id);
const PAUSE = 150; // ms without a key, until what is typed is scored
const KEEP = 5000; // ms between the records of a text that is being scored
const NEWS = { name: "-", text: EXAMPLES.News, isExample: true };

let model = null; // the answer of /v1/model
let current = null; // the text that is shown, one of texts.entries
let request = null; // the AbortController of its scoring
let places = {}; // by text: where one was when another text was chosen
let typingTimer = 0;

const texts = new OpenTexts({ choose: open, close });
const editor = new Editor({ changed: typed, done: fold });
const results = new Results(editor, fold);

/** Score what is not scored yet of a text, and show it part by part. */
async function score(entry) {
  request?.abort();
  const controller = (request = new AbortController());
  busy(true);
  await attempt(() => scoreRest(entry, controller.signal), () => request === controller && say(stoppedLine(entry)));
  if (request !== controller) return;
  request = null;
  busy(false);
  if (!entry.doc && !editor.isOpen) edit(); // nothing else shows the text
  showState();
}

async function scoreRest(entry, signal) {
  model ??= await askModel();
  checkSize(new Blob([entry.text]).size);
  const start = performance.now();
  let kept = start;
  progress(0);
  if (!editor.isOpen) say(`Scoring ${count(entry.text.length, "character")} …`);
  for await (const part of scoreParts(entry.text, entry.doc?.text.length ?? 0, signal)) {
    signal.throwIfAborted();
    if (part.model !== modelName()) model = await askModel(); // another came into use
    if (entry.doc && entry.model !== part.model) { // and its scores do not go with the earlier ones
      entry.doc = null;
      return scoreRest(entry, signal);
    }
    if (entry.doc) {
      entry.doc.append(part.text, part.columns, part.entities);
      results.append();
    } else {
      entry.doc = new ScoredDocument(part.text, part.columns, model, part.entities);
      entry.model = part.model;
      results.show(entry, model.feedback);
      showState();
    }
    const share = entry.doc.text.length / entry.text.length;
    progress(share);
    if (share === 1) break;
    if (performance.now() - kept > KEEP) {
      texts.keep(entry);
      kept = performance.now();
    }
    say(`Scoring ${count(entry.text.length, "character")}: ${Math.floor(100 * share)} % …`);
  }
  entry.line = `${count(entry.doc.count, "word")} scored in ${((performance.now() - start) / 1000).toFixed(2)} s`;
  if (!editor.isOpen) say(entry.line);
  else if ($("status").classList.contains("error")) say(""); // else who types is not told after each word
  return texts.keep(entry);
}

/** Show one of the open texts, where it was left. */
function open(entry) {
  if (current) leave();
  current = entry;
  if (entry.text) return present(places[entry.id]);
  return editByHand();
}

/** Show the current text as a page, and score what is missing. `place` is where it was read, null where it is now. */
async function present(place) {
  editor.close();
  showState();
  if (current.doc) {
    results.show(current, model.feedback);
    if (place) results.restore(place);
    else if (place === undefined) scrollTo(0, 0);
    say(current.line);
  }
  if (!isScored(current)) await score(current);
}

/** Leave the current text as it is. */
function leave() {
  request?.abort();
  request = null;
  busy(false);
  clearTimeout(typingTimer);
  if (editor.isOpen) take();
  else places[current.id] = results.place;
  results.leave();
}

/** Turn the page into a box with the same text in the same place. */
function edit() {
  results.leave();
  editor.open(current.text);
  showState();
  if (current.doc) results.refresh();
  $("box").focus({ preventScroll: true });
}

function editByHand() {
  edit();
  say(editor.isLive ? "Scores follow as you type." : "");
}

/** Take the text of the box. Returns whether it has changed. */
function take() {
  if (editor.text === current.text) return false;
  Object.assign(current, { text: editor.text, edited: true, isExample: false, doc: null });
  texts.keep(current);
  return true;
}

/** Score while one types, after a pause. */
function typed() {
  clearTimeout(typingTimer);
  if (!editor.isLive) return;
  typingTimer = setTimeout(() => {
    if (!take()) return;
    if (current.text) score(current);
    else showState();
  }, PAUSE);
}

/** Fold the box into the scored text. */
async function fold() {
  clearTimeout(typingTimer);
  take();
  if (!current.text) {
    request?.abort();
    showState();
    say("There is no text yet: type one, open a file, or take an example.", true);
    return;
  }
  const entry = current;
  const isFocused = [$("box"), $("go")].includes(document.activeElement);
  if (!isScored(entry) && editor.isLive) await score(entry); // so short that the box stays until the scores are there
  if (entry !== current || (!isScored(entry) && editor.isLive)) return;
  const presented = present(null);
  if (isFocused) $("edit").focus({ preventScroll: true }); // what had the focus is gone
  await presented;
}

function close(entry) {
  const next = texts.remove(entry);
  if (entry !== current) return texts.draw(current);
  leave();
  current = null;
  return open(next ?? texts.add({ name: "-", text: "" }));
}

/** Open texts, and show the first; one that is open already is shown again. */
function add(contents) {
  const added = contents.map((content) => {
    const isSame = ({ name, text, edited }) => !edited && name === content.name && text === content.text;
    const before = texts.entries.find(isSame);
    if (before) return before;
    const made = texts.add(content, current);
    texts.keep(made);
    return made;
  });
  if (current && !texts.entries.includes(current)) { // it made room
    leave();
    current = null;
  }
  return open(added[0]);
}

/** Which controls make sense now. */
function showState() {
  const { doc, text } = current;
  $("panel").hidden = $("cut").hidden = !doc;
  $("text").hidden = editor.isOpen || !doc;
  $("edit").hidden = editor.isOpen;
  $("go").hidden = !editor.isOpen;
  $("resume").hidden = editor.isOpen || request !== null || isScored(current);
  const hint = languageHint(text);
  $("hint").hidden = !hint;
  if ($("hint").textContent !== hint) $("hint").textContent = hint;
  texts.draw(current);
}

function isScored({ doc, text }) {
  return doc?.text.length === text.length;
}

function stoppedLine({ doc, text }) {
  return doc ? `Stopped after ${Math.floor((100 * doc.text.length) / text.length)} % of the text.` : "Stopped.";
}

/** Ask what the model is and what the service accepts. */
async function askModel() {
  const answer = await call("v1/model");
  $("model").textContent = `Model ${answer.name} ${answer.version} (${answer.precision}, ${answer.license}). `
    + "Your text goes to this service and nowhere else.";
  return answer;
}

function modelName() {
  return `${model.name} ${model.version}`;
}

/** Throw a Failure if so many bytes are more than the service accepts. */
function checkSize(bytes) {
  if (!model || bytes <= model.limits.body) return;
  const mb = (size) => (size / 1e6).toFixed(1);
  throw new Failure(`That is ${mb(bytes)} MB, and the service takes ${mb(model.limits.body)} MB; score it in parts.`);
}

/** Begin with the texts of before a reload, or with an example. */
async function begin() {
  const view = loadView();
  if (view.minimum !== undefined) results.filter.set(view);
  places = view.places ?? {};
  await attempt(async () => {
    model = await askModel();
  });
  await texts.restore(model && modelName(), model);
  const { entries } = texts;
  const shown = entries.find(({ id }) => id === view.current) ?? entries[0] ?? texts.add(NEWS);
  if (view.draft) Object.assign(shown, view.draft, shown.text === view.draft.text ? {} : { doc: null });
  if (model) return open(shown);
  current = shown;
  return edit();
}

$("stop").addEventListener("click", () => request?.abort());
$("resume").addEventListener("click", () => score(current));
$("edit").addEventListener("click", editByHand);
$("new").addEventListener("click", () => add([{ name: "-", text: "" }]));
addEventListener("pagehide", () => {
  if (!current) return;
  const draft = texts.areKept && !editor.isOpen ? undefined : current;
  leave();
  saveView({
    current: current.id,
    minimum: results.filter.minimum,
    joined: results.filter.joined,
    places,
    draft: draft && { name: draft.name, text: draft.text, edited: draft.edited, isExample: draft.isExample },
  });
});
offerExamples((name, text) => add([{ name: "-", text, isExample: true }]));
acceptFiles({ check: checkSize, take: add, attempt });
begin();
