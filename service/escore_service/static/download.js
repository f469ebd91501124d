/** The highlighted words as files: JSONL as `escore run --format jsonl` writes it, CSV, and a single HTML page. */

import { printable, shortLine } from "./printable.js";

/** What readers call the levels of labels. */
export const MEANINGS = { none: "other word", noun: "common noun", proper: "proper noun", entity: "named entity" };
const BOM = "\ufeff"; // spreadsheets take a file without it for one in an older encoding
// Spreadsheets take these first characters for a formula's, the full-width signs too.
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** One record on a line. `joined` adds the entities, as `escore run --entities` does. Corrected words say so. */
export function jsonl(doc, minimum, joined, id, model) {
  const words = doc.runs(minimum, false).map((run) => object(row(doc, run, false), true));
  const entities = doc.runs(minimum, true).map((run) => object(row(doc, run, true), false));
  const rest = joined ? `, "entities": [${entities.join(", ")}]` : "";
  const facts = `"id": ${quoted(id)}, "model": ${quoted(model)}, "minimum": ${minimum}, "text": ${quoted(doc.text)}`;
  return `{${facts}, "words": [${words.join(", ")}]${rest}}\n`;
}

/** A header and a row for each word, or for each entity if they are `joined` (RFC 4180). */
export function csv(doc, minimum, joined) {
  const rows = doc.runs(minimum, joined).map((run) => {
    const { text, start, end, score, probability, label, corrected } = row(doc, run, joined);
    return [start, end, score.toFixed(2), probability ?? "", label, corrected ?? "", cell(text)].join(",");
  });
  return BOM + ["start,end,score,probability,label,corrected,text", ...rows, ""].join("\r\n");
}

/** The text, its highlights and their scores as a page without scripts. `sheet` is the style sheet chips.css. */
export function html(doc, minimum, joined, { title, model, sheet }) {
  const { text, from, to } = doc;
  const parts = [];
  const runs = doc.runs(minimum, joined);
  let at = 0;
  for (const run of runs) {
    const { score, symbol, corrected } = row(doc, run, joined);
    const name = `chip l${doc.level(run.score)}${corrected ? " corrected" : ""}`;
    const facts = `title="${escaped(`${score.toFixed(2)} ${symbol}`)}" data-score="${score.toFixed(0)}"`;
    parts.push(escaped(text.slice(at, from[run.first])), `<span class="${name}" ${facts}>${escaped(doc.span(run))}</span>`);
    at = to[run.last];
  }
  parts.push(escaped(text.slice(at)));
  const what = joined ? "entities, joined from words" : "words";
  const line = escaped(shortLine(title));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>escore: ${line}, from ${minimum}</title>
<style>
${Array.from(sheet.cssRules, (rule) => rule.cssText).join("\n")}
</style>
<header class="legend">
<h1>${line}</h1>
<p>Scores from 0 to 300: about 100 is a <span class="chip l1">common noun</span>, 200 a
<span class="chip l2">proper noun</span>, 300 a <span class="chip l3">named entity</span>.
Shown are ${runs.length.toLocaleString("en")} ${what}, from a score of ${minimum} on.${
  doc.corrections.length ? '\nWhat a person has corrected is <span class="corrected">framed</span>.' : ""}
Scored by ${escaped(model)}.</p>
</header>
<main class="reading scores">${parts.join("")}</main>
</html>
`;
}

/** Have the browser save a file. */
export function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser may still be reading it
}

/** What files say of a word, or of an entity. */
function row(doc, run, isEntity) {
  const probability = doc.runProbability(run, isEntity);
  const correction = doc.correctionOfRun(run);
  return {
    text: doc.span(run),
    start: doc.start[run.first],
    end: doc.end[run.last],
    score: rounded(run.score, 2),
    symbol: doc.symbol(run.score),
    label: doc.label(run.score),
    probability: probability === null ? undefined : rounded(probability, 4),
    corrected: correction && (correction.label ?? correction.target),
  };
}

const quoted = JSON.stringify;

function object({ text, start, end, score, symbol, probability, corrected }, withMark) {
  const fields = [`"text": ${quoted(text)}`, `"start": ${start}`, `"end": ${end}`, `"score": ${number(score)}`];
  if (withMark) fields.push(`"mark": ${quoted(symbol)}`);
  if (probability !== undefined) fields.push(`"probability": ${number(probability)}`);
  if (corrected !== undefined) fields.push(`"corrected": ${quoted(corrected)}`);
  return `{${fields.join(", ")}}`;
}

function rounded(value, digits) {
  return Number(value.toFixed(digits));
}

/** As Python writes a float: 285.0 where JavaScript would write 285. */
function number(value) {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** A quoted cell; an apostrophe goes before what a spreadsheet would take for a formula. */
function cell(text) {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

function escaped(text) {
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return printable(text).replace(/[&<>"]/g, (char) => entities[char]);
}
