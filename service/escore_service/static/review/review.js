/** The review page: shows one text after another, and sends what is decided to the service. */

import { call, Failure } from "../api.js";
import { save } from "../download.js";
import { choices, isMarked, saying } from "./choices.js";
import { asked, showHelp } from "./keys.js";
import { Panel } from "./panel.js";
import { askPerson } from "./person.js";
import { showProgress } from "./progress.js";
import { ReviewText } from "./review_text.js";
import { Sheet } from "./sheet.js";
import { TrainingBox } from "./training.js";

const $ = (id) => document.getElementById(id);
const PAUSE = 250; // ms, from the last key in the search box to the search

let state = null; // what GET /v1/review answers
let by = ""; // who decides
let numbers = []; // of the texts that the filter shows
let text = null; // the ReviewText that is shown
let range = { first: 0, last: 0 }; // words in focus
let others = null; // how many places there are where the last decision may hold too
let decided = null; // the span of the last decision
let work = Promise.resolve(); // one thing after another, so that quick keys act on what they have led to
let searchTimer = 0;

const sheet = new Sheet($("sheet"), {
  focus: (words) => run(() => focus(words)),
  drag: (from, to) => run(() => drag(from, to)),
});
const panel = new Panel({
  choose: (choice) => run(() => decide(range, choice.fields)),
  settle: (span) => run(() => settle(span)),
});

const training = new TrainingBox({ run, swapped: () => text && open(text.number) });

/** Do something after all that was asked before, and show what went wrong. */
function run(action) {
  work = work.then(action).catch((error) => {
    if (!(error instanceof Failure)) throw error;
    say(error.message, true);
  });
}

/** Send JSON to the review. */
function send(method, path, body) {
  return call(`v1/review/${path}`, { method, body: JSON.stringify({ by, ...body }) });
}

async function start() {
  state = await call("v1/review");
  by = state.by ?? (await askPerson());
  $("who").textContent = by;
  $("who").disabled = state.by !== undefined && state.by !== null;
  $("command").querySelector("code").textContent = state.command;
  const offered = choices(state.importance);
  panel.offer(offered);
  showHelp($("help").querySelector("tbody"), offered);
  state = await call(`v1/review?by=${encodeURIComponent(by)}`);
  showProgress(state.progress);
  if (state.training) await training.look();
  await filter(state.first);
}

/** Ask which texts the filter shows, and show one of them: `wanted`, or the first. */
async function filter(wanted) {
  const query = new URLSearchParams({ show: $("show").value, search: $("search").value.trim() });
  ({ numbers } = await call(`v1/review/texts?${query}`));
  if (!numbers.length) {
    text = null;
    $("sheet").replaceChildren();
    $("meta").textContent = "";
    $("place").textContent = "0 texts";
    throw new Failure(state.progress.texts ? "No text is like that; show others, or change the search." : "There is no text to review.");
  }
  await open(numbers.includes(wanted) ? wanted : numbers[0]);
}

async function open(number) {
  const answer = await call(`v1/review/texts/${number}?by=${encodeURIComponent(by)}`);
  text = new ReviewText(answer);
  [others, decided] = [null, null];
  const marked = text.runs.find(({ span }) => isMarked(span));
  range = marked ? { first: marked.first, last: marked.last } : { first: 0, last: 0 };
  draw(answer);
  say("");
}

/** Show the text after something was decided. */
function update(answer) {
  text.update(answer);
  draw(answer);
}

function draw(answer) {
  state.progress = answer.progress;
  showProgress(answer.progress);
  panel.showConflicts(answer);
  const about = [answer.id, answer.held_out && "held out: to measure on, so without the model's labels"];
  if (answer.reviewed) about.push(answer.reviewed_by.length ? `reviewed by ${answer.reviewed_by.join(", ")}` : "reviewed");
  $("meta").textContent = about.filter(Boolean).join(" · ");
  document.body.classList.toggle("is-reviewed", answer.reviewed);
  document.querySelector("[data-act=reopen]").hidden = !answer.reviewed_by.includes(by);
  const place = numbers.indexOf(answer.number);
  $("place").textContent = place < 0 ? `${numbers.length} texts` : `${place + 1} of ${numbers.length}`;
  sheet.show(text, range);
  panel.show(text, range, others);
}

function focus({ first, last }) {
  if (decided && (decided.first !== first || decided.last !== last)) [others, decided] = [null, null];
  range = { first, last };
  sheet.focus(range);
  panel.show(text, range, others);
}

/** Say what the words of a range are; `replaces` is the range of an own span that it takes the place of. */
async function decide(words, fields, replaces = null) {
  if (!text) return;
  const { start, end } = text.words(words);
  const before = replaces && text.words(replaces);
  const replaced = before ? { replaces: [before.start, before.end] } : {};
  const answer = await send("POST", `texts/${text.number}/decisions`, { start, end, ...fields, ...replaced });
  range = { first: words.first, last: words.last };
  others = answer.others;
  decided = { ...range, start, end };
  update(answer);
  say(`“${$("name").textContent}” is ${saying(fields)}.`);
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
  if (!there || !isMarked(there.span)) {
    focus({ first, last });
    return;
  }
  await decide({ first, last }, said(there.span), range);
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
  const fixed = from === there.last && (to >= there.first || from !== there.first) ? there.first : there.last;
  await decide({ first: Math.min(fixed, to), last: Math.max(fixed, to) }, said(there.span), there);
}

function said({ label, target, kind }) {
  return { ...(label !== undefined && { label }), ...(target !== undefined && { target }), ...(kind && { kind }) };
}

async function accept() {
  const { number } = text;
  const answer = await send("PUT", `texts/${number}/reviewed`, {});
  state.progress = answer.progress;
  update(answer);
  await goOn(number);
}

/** Show the next text that is not reviewed: after this one, else before it. */
async function goOn(number) {
  const query = new URLSearchParams({ show: "unreviewed", search: $("search").value.trim() });
  const left = (await call(`v1/review/texts?${query}`)).numbers;
  const shown = new Set(numbers);
  const open_ = left.filter((other) => other !== number && shown.has(other));
  const next = open_.find((other) => other > number) ?? open_[0];
  if (next === undefined) say(left.length ? "All texts that you see are reviewed." : "All texts are reviewed.");
  else await open(next);
}

async function step(by_) {
  const place = numbers.indexOf(text?.number);
  const next = numbers[place + by_];
  if (next === undefined) say(by_ > 0 ? "That is the last text." : "That is the first text.");
  else await open(next);
}

async function undo() {
  const answer = await send("POST", "undo", {});
  const same = answer.text.number === text?.number;
  if (!same) await open(answer.text.number);
  [others, decided] = [null, null];
  update(answer.text);
  say(answer.texts > 1 ? `Undone in ${answer.texts} texts.` : "Undone.");
}

async function everywhere() {
  if (!decided || !others?.places) return;
  const { start, end } = decided;
  const answer = await send("POST", "everywhere", { number: text.number, start, end });
  others = null;
  update(answer.text);
  const count = (value, noun) => `${value} ${noun}${value === 1 ? "" : "s"}`;
  say(`Decided so at ${count(answer.places, "other place")} in ${count(answer.texts, "text")}; z undoes it.`);
}

function move(step_) {
  const last = text.doc.count - 1;
  const next = step_ > 0 ? Math.min(range.last + 1, last) : Math.max(range.first - 1, 0);
  focus(text.runOf(next) ?? { first: next, last: next });
}

/** Focus the chip after or before what is in focus. */
function moveToChip(step_) {
  const chips = step_ > 0 ? text.runs : text.runs.toReversed();
  const next = chips.find(({ first }) => (step_ > 0 ? first > range.last : first < range.first));
  if (next) focus(next);
}

const ACTS = {
  accept,
  skip: () => step(1),
  next: () => step(1),
  previous: () => step(-1),
  undo,
  everywhere,
  reopen: async () => update(await send("PUT", `texts/${text.number}/reviewed`, { reviewed: false })),
  help: () => $("help").showModal(),
  copy: async () => {
    await navigator.clipboard.writeText(state.command);
    say("The command is copied.");
  },
  leave: () => focus(range),
  right: () => move(1),
  left: () => move(-1),
  down: () => moveToChip(1),
  up: () => moveToChip(-1),
  longer: () => stretch(0, 1),
  shorter: () => stretch(0, -1),
  earlier: () => stretch(-1, 0),
  later: () => stretch(1, 0),
};

function act(name) {
  run(() => (text || name === "help" || name === "undo" ? ACTS[name]() : undefined));
}

function say(line, failed = false) {
  $("note").textContent = line;
  $("note").classList.toggle("error", failed);
}

async function download(format) {
  const { content, notes } = await call(`v1/review/records?format=${format}`);
  const [suffix, type] = { records: ["jsonl", "application/jsonl"], csv: ["csv", "text/csv"], conll: ["conll", "text/plain"] }[format];
  save(`reviewed.${suffix}`, type, content);
  say(notes.length ? `Not in the file: ${notes.join("; ")}` : "");
}

addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || event.target.closest("input, select, textarea")) {
    if (event.key === "Escape" && event.target.closest("input, select")) act("leave");
    return;
  }
  const onButton = event.target.closest("button, a, summary");
  if (onButton && (event.key === "Enter" || event.key === " ")) return;
  const what = asked(event, panel.choices ?? []);
  if (!what) return;
  event.preventDefault();
  if (what.move === "search") $("search").focus(); // at once: what is typed next belongs there
  else if (what.move) act(what.move);
  else if (what.choice) run(() => decide(range, what.choice.fields));
  else run(() => focus(text?.withLetter(what.letter) ?? range));
});
document.addEventListener("click", ({ target }) => {
  const name = target.closest("[data-act]")?.dataset.act;
  if (name) act(name);
});
$("downloads").addEventListener("click", ({ target }) => target.value && run(() => download(target.value)));
$("show").addEventListener("change", () => run(() => filter(text?.number)));
$("search").addEventListener("input", () => {
  clearTimeout(searchTimer);
  searchTimer = setTimeout(() => run(() => filter(text?.number)), PAUSE);
});
$("who").addEventListener("click", () => run(async () => {
  by = await askPerson(by);
  $("who").textContent = by;
  await open(text.number);
}));
run(start);
