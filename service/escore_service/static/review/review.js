/** The review page: shows one text after another, and sends what is decided to the service. */

import { call, Failure } from "../api.js";
import { RIGHT_TO_LEFT } from "../chunks.js";
import { save } from "../download.js";
import { shortLine } from "../printable.js";
import { choices, isMarked, sentence } from "./choices.js";
import { asked, showHelp } from "./keys.js";
import { Panel } from "./panel.js";
import { askPerson } from "./person.js";
import { showProgress } from "./progress.js";
import { Queue } from "./queue.js";
import { ReviewText } from "./review_text.js";
import { Sheet } from "./sheet.js";
import { TrainingBox } from "./training.js";
import { Work } from "./work.js";

const $ = (id) => document.getElementById(id);
const PAUSE = 250; // ms, from the last key in the search box to the search

let state = null; // what GET /v1/review answers
let by = ""; // who decides
let text = null; // the ReviewText that is shown
let range = { first: 0, last: 0 }; // words in focus
let decision = null; // the last one: the range, start and end in code points, and where else it may hold
let searchTimer = 0;

const work = new Work({ failed: (line) => say(line, true), slow: () => say("Working …") });
const queue = new Queue();
const sheet = new Sheet($("sheet"), {
  focus: (shown, words) => onText(shown, () => focus(words)),
  drag: (shown, from, to) => onText(shown, () => drag(from, to)),
});
const panel = new Panel({
  choose: (choice) => onText(text, () => decide(range, choice.fields)),
  settle: (span) => onText(text, () => settle(span)),
});
const training = new TrainingBox({ work, swapped: () => text && open(text.number) });

/** Do something with the text that a key or a click was meant for, unless another one is shown by then. */
function onText(shown, action) {
  work.run(() => (shown && shown === text ? action() : undefined));
}

/** Send JSON to the review. */
function send(method, path, body) {
  return call(`v1/review/${path}`, { method, body: JSON.stringify({ by, ...body }) });
}

async function start() {
  state = await call("v1/review");
  by = queue.by = state.by ?? (await askPerson());
  $("who").textContent = by;
  $("who").disabled = Boolean(state.by);
  $("command").querySelector("code").textContent = state.command;
  const offered = choices(state.importance);
  panel.offer(offered);
  showHelp($("help").querySelector("tbody"), offered);
  state = await call(`v1/review?by=${encodeURIComponent(by)}`);
  showProgress(state.progress);
  if (state.training) await training.look();
  if (!state.progress.texts) throw new Failure("There is no text to review.");
  await filter(state.first);
}

/** Show the texts that the filter and the search ask for: `wanted`, or the first one. */
async function filter(wanted) {
  await queue.load().catch((error) => {
    text = null;
    $("sheet").replaceChildren();
    $("meta").textContent = "";
    $("place").textContent = "0 texts";
    throw error;
  });
  await open(queue.nearest(wanted));
}

async function open(number) {
  const answer = await call(`v1/review/texts/${number}?by=${encodeURIComponent(by)}`);
  if (text?.number === answer.number) {
    update(answer); // the same text stays, so that a click that is still waiting holds
  } else {
    text = new ReviewText(answer);
    decision = null;
    const marked = text.runs.find(({ span }) => isMarked(span));
    range = marked ? { first: marked.first, last: marked.last } : { first: 0, last: 0 };
    draw(answer);
  }
  say("");
}

/** Show what is said of the text now. */
function update(answer) {
  text.update(answer);
  draw(answer);
}

function draw(answer) {
  showProgress(answer.progress);
  panel.showConflicts(answer, text);
  const about = [shortLine(answer.id), answer.held_out && "held out: to measure on, so without the model's labels"];
  const people = answer.reviewed_by.map(shortLine).join(", ");
  if (answer.reviewed) about.push(people ? `reviewed by ${people}` : "reviewed");
  $("meta").textContent = about.filter(Boolean).join(" · ");
  document.body.classList.toggle("is-reviewed", answer.reviewed);
  document.querySelector("[data-act=reopen]").hidden = !answer.reviewed_by.includes(by);
  $("place").textContent = queue.place(answer.number);
  sheet.show(text, range);
  panel.show(text, range, decision?.others);
}

function focus({ first, last }) {
  if (decision && (decision.first !== first || decision.last !== last)) decision = null;
  range = { first, last };
  sheet.focus(range);
  panel.show(text, range, decision?.others);
}

/** Say what the words of a range are; `before` is the range of a span that it takes the place of. */
async function decide({ first, last }, fields, before = null) {
  const { start, end } = text.words({ first, last });
  const own = before && text.words(before);
  const replaces = own ? { replaces: [own.start, own.end] } : {};
  const answer = await send("POST", `texts/${text.number}/decisions`, { start, end, ...fields, ...replaces });
  range = { first, last };
  decision = { ...range, start, end, others: answer.others };
  update(answer);
  say(`“${$("name").textContent}” is ${sentence(fields)}.`);
}

async function settle({ start, end, label, target, kind }) {
  update(await send("POST", `texts/${text.number}/decisions`, { start, end, label, target, kind, settles: true }));
  say("Settled.");
}

/** Move an end of what is in focus: of a marked span at once, of other words only what is in focus. */
async function stretch(from, to) {
  const [first, last] = [range.first + from, range.last + to];
  if (first < 0 || last >= text.doc.count || first > last) return;
  const there = text.at(range);
  if (there && isMarked(there.span)) await decide({ first, last }, sameFields(there.span), range);
  else focus({ first, last });
}

/** A drag marks words, or moves the end of a chip where it began. */
async function drag(from, to) {
  const there = text.runOf(from);
  if (!there || !isMarked(there.span) || (from !== there.first && from !== there.last)) {
    const words = { first: Math.min(from, to), last: Math.max(from, to) };
    if (state.importance) focus(words);
    else await decide(words, { label: "entity" });
    return;
  }
  const isEnd = from === there.last && (to >= there.first || from !== there.first);
  const fixed = isEnd ? there.first : there.last;
  await decide({ first: Math.min(fixed, to), last: Math.max(fixed, to) }, sameFields(there.span), there);
}

/** What a span says, as fields of a decision: in numbers, an entity of the model's is 300. */
function sameFields({ label, target, kind }) {
  const says = state.importance ? { target: target ?? 300 } : target === undefined ? { label } : { target };
  return kind ? { ...says, kind } : says;
}

async function accept() {
  const { number, answer: { version } } = text;
  try {
    update(await send("PUT", `texts/${number}/reviewed`, { version }));
  } catch (error) {
    if (error.status === 409) await open(number); // to be looked at again
    throw error;
  }
  const next = await queue.unreviewed(number);
  if (next === undefined) say("All texts that are shown are reviewed.");
  else await open(next);
}

async function step(places) {
  const next = queue.step(text.number, places);
  if (next === undefined) say(places > 0 ? "That is the last text." : "That is the first text.");
  else await open(next);
}

async function undo() {
  const answer = await send("POST", "undo", {});
  if (answer.text.number !== text?.number) await open(answer.text.number);
  decision = null;
  update(answer.text);
  say(answer.texts > 1 ? `Undone in ${answer.texts} texts.` : "Undone.");
}

async function everywhere() {
  if (!decision?.others) return;
  const { start, end } = decision;
  const answer = await send("POST", "everywhere", { number: text.number, start, end });
  decision = null;
  update(answer.text);
  const count = (value, noun) => `${value} ${noun}${value === 1 ? "" : "s"}`;
  say(`The same at ${count(answer.places, "other place")} in ${count(answer.texts, "text")}; z undoes it.`);
}

/** 1 where the text runs to the right, -1 where it runs to the left. */
function onward() {
  return RIGHT_TO_LEFT.test(text.doc.word(range.first)) ? -1 : 1;
}

/** Focus the word, or the chip, so many words after or before what is in focus. */
function move(words) {
  const i = words > 0 ? Math.min(range.last + words, text.doc.count - 1) : Math.max(range.first + words, 0);
  focus(text.runOf(i) ?? { first: i, last: i });
}

function moveToChip(direction) {
  const chips = direction > 0 ? text.runs : text.runs.toReversed();
  const next = chips.find(({ first }) => (direction > 0 ? first > range.last : first < range.first));
  if (next) focus(next);
}

async function copyCommand() {
  const code = $("command").querySelector("code");
  getSelection().selectAllChildren(code);
  if (!navigator.clipboard) throw new Failure("This browser copies only over https or on this machine; press Ctrl+C.");
  await navigator.clipboard.writeText(state.command);
  say("The command is copied.");
}

const ACTS = {
  accept,
  skip: () => step(1),
  next: () => step(1),
  previous: () => step(-1),
  undo,
  everywhere,
  reopen: async () => update(await send("PUT", `texts/${text.number}/reviewed`, { reviewed: false })),
  leave: () => focus(range),
  right: () => move(onward()),
  left: () => move(-onward()),
  first: () => move(-Infinity),
  last: () => move(Infinity),
  down: () => moveToChip(1),
  up: () => moveToChip(-1),
  longer: () => stretch(0, onward()),
  shorter: () => stretch(0, -onward()),
  earlier: () => stretch(-1, 0),
  later: () => stretch(1, 0),
};
const FILES = { records: ["jsonl", "application/jsonl"], csv: ["csv", "text/csv"], conll: ["conll", "text/plain"] };
const WITHOUT_TEXT = { undo, copy: copyCommand, help: () => $("help").showModal() };

function act(name) {
  if (name in WITHOUT_TEXT) work.run(WITHOUT_TEXT[name]);
  else onText(text, ACTS[name]);
}

function say(line, failed = false) {
  $("note").textContent = line;
  $("note").classList.toggle("error", failed);
}

async function download(format) {
  const { content, notes } = await call(`v1/review/records?format=${format}`);
  const [suffix, type] = FILES[format];
  save(`reviewed.${suffix}`, type, format === "csv" ? `\ufeff${content}` : content); // spreadsheets see UTF-8 by it
  say(notes.length ? `Not in the file: ${notes.join("; ")}` : "");
}

addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, select, textarea")) {
    if (event.key !== "Escape" && !(event.key === "Enter" && event.target === $("search"))) return;
    event.preventDefault(); // a browser would clear the search
    event.target.blur();
    act("leave");
    return;
  }
  if (event.key === "Enter" || event.key === " ") {
    if (!event.target.closest("#sheet")) return; // a button's own
    event.preventDefault();
    $("choices").firstElementChild.focus();
    return;
  }
  const what = asked(event, panel.choices ?? []);
  if (!what) return;
  event.preventDefault();
  if (event.repeat && !event.key.startsWith("Arrow")) return; // a key that is held decides once
  if (what.move === "search") $("search").select(); // at once: what is typed next belongs there
  else if (what.move) act(what.move);
  else if (what.choice) onText(text, () => decide(range, what.choice.fields));
  else onText(text, () => focus(text.withLetter(what.letter) ?? range));
});
document.addEventListener("click", ({ target }) => {
  const name = target.closest("[data-act]")?.dataset.act;
  if (name) act(name);
});
$("downloads").addEventListener("click", ({ target }) => target.value && work.run(() => download(target.value)));
$("show").addEventListener("change", () => work.run(() => filter(text?.number)));
$("search").addEventListener("input", () => {
  clearTimeout(searchTimer);
  searchTimer = setTimeout(() => work.run(() => filter(text?.number)), PAUSE);
});
$("who").addEventListener("click", () => work.run(async () => {
  by = queue.by = await askPerson(by);
  $("who").textContent = by;
  if (text) await open(text.number);
}));
work.run(start);
