/** The highlighted words as files: JSONL as `escore run --format jsonl` writes it, CSV, and a single HTML page. */

import { printable } from "./printable.js";

/** One record on a line. `joined` adds the entities, as `escore run --entities` does. */
export function jsonl(doc, minimum, joined, id) {
  const words = doc.runs(minimum, false).map((run) => object(row(doc, run), true));
  const entities = doc.runs(minimum, true).map((run) => object(row(doc, run), false));
  const rest = joined ? `, "entities": [${entities.join(", ")}]` : "";
  return `{"id": ${quoted(id)}, "text": ${quoted(doc.text)}, "words": [${words.join(", ")}]${rest}}\n`;
}

/** A header and a row for each word, or for each entity if they are `joined` (RFC 4180). */
export function csv(doc, minimum, joined) {
  const rows = doc.runs(minimum, joined).map((run) => {
    const { text, start, end, score, mark, probability } = row(doc, run);
    return [start, end, score.toFixed(2), probability ?? "", cell(mark), cell(text)].join(",");
  });
  return ["start,end,score,probability,mark,text", ...rows, ""].join("\r\n");
}

/** The text and its highlights as a page without scripts. `sheet` is the style sheet chips.css. */
export function html(doc, minimum, joined, sheet) {
  const { text, from, to } = doc;
  const parts = [];
  let at = 0;
  for (const run of doc.runs(minimum, joined)) {
    const { score, mark } = row(doc, run);
    const chip = `class="chip l${doc.level(run.score)}" title="${escaped(`${score.toFixed(2)} ${mark}`)}"`;
    parts.push(escaped(text.slice(at, from[run.first])), `<span ${chip}>${escaped(doc.span(run))}</span>`);
    at = to[run.last];
  }
  parts.push(escaped(text.slice(at)));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>escore, from ${minimum}</title>
<style>
${Array.from(sheet.cssRules, (rule) => rule.cssText).join("\n")}
</style>
<main class="reading">${parts.join("")}</main>
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

function row(doc, run) {
  const values = doc.probability?.subarray(run.first, run.last + 1);
  return {
    text: doc.span(run),
    start: doc.start[run.first],
    end: doc.end[run.last],
    score: rounded(run.score, 2),
    mark: doc.symbol(run.score),
    probability: values && rounded(values.reduce((sum, value) => sum + value, 0) / values.length, 4),
  };
}

const quoted = JSON.stringify;

function object({ text, start, end, score, mark, probability }, withMark) {
  const fields = [`"text": ${quoted(text)}`, `"start": ${start}`, `"end": ${end}`, `"score": ${number(score)}`];
  if (withMark) fields.push(`"mark": ${quoted(mark)}`);
  if (probability !== undefined) fields.push(`"probability": ${number(probability)}`);
  return `{${fields.join(", ")}}`;
}

function rounded(value, digits) {
  return Number(value.toFixed(digits));
}

/** As Python writes a float: 285.0 where JavaScript would write 285. */
function number(value) {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** A quoted cell. Spreadsheets take some first characters for a formula, so an apostrophe goes before them. */
function cell(text) {
  const safe = /^[=+\-@\t\r]./su.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

function escaped(text) {
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return printable(text).replace(/[&<>"]/g, (char) => entities[char]);
}
