/** What is seen, as files: JSONL as `escore run --format jsonl` writes it, CSV, and HTML that stands alone. */

import { visible } from "./visible.js";

/** One record, a line. `joined` adds the entities, as `escore run --entities` does. */
export function jsonl(scored, minimum, joined, id) {
  const words = scored.runs(minimum, false).map((run) => object(row(scored, run), true));
  const entities = scored.runs(minimum, true).map((run) => object(row(scored, run), false));
  const more = joined ? `, "entities": [${entities.join(", ")}]` : "";
  return `{"id": ${quoted(id)}, "text": ${quoted(scored.text)}, "words": [${words.join(", ")}]${more}}\n`;
}

/** A header and a row for each word, or for each entity where they are `joined` (RFC 4180). */
export function csv(scored, minimum, joined) {
  const rows = scored.runs(minimum, joined).map((run) => {
    const { text, start, end, score, mark, probability } = row(scored, run);
    return [start, end, score.toFixed(2), probability ?? "", cell(mark), cell(text)].join(",");
  });
  return ["start,end,score,probability,mark,text", ...rows, ""].join("\r\n");
}

/** The text with its chips, as a page of its own that holds no script. `sheet` is the chips' style. */
export function html(scored, minimum, joined, sheet) {
  const { text, from, to } = scored;
  const parts = [];
  let at = 0;
  for (const run of scored.runs(minimum, joined)) {
    const { score, mark } = row(scored, run);
    const chip = `class="chip l${scored.level(run.score)}" title="${escaped(`${score.toFixed(2)} ${mark}`)}"`;
    parts.push(escaped(text.slice(at, from[run.first])), `<span ${chip}>${escaped(scored.span(run))}</span>`);
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

/** Hand a file to the reader. */
export function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser may still be reading it
}

function row(scored, run) {
  const known = scored.probability?.subarray(run.first, run.last + 1);
  return {
    text: scored.span(run),
    start: scored.start[run.first],
    end: scored.end[run.last],
    score: rounded(run.score, 2),
    mark: scored.symbol(run.score),
    probability: known && rounded(known.reduce((sum, value) => sum + value, 0) / known.length, 4),
  };
}

const quoted = JSON.stringify;

function object({ text, start, end, score, mark, probability }, marked) {
  const fields = [`"text": ${quoted(text)}`, `"start": ${start}`, `"end": ${end}`, `"score": ${number(score)}`];
  if (marked) fields.push(`"mark": ${quoted(mark)}`);
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

/** A quoted cell. A spreadsheet takes what begins like this for a formula, so an apostrophe goes before it. */
function cell(text) {
  const safe = /^[=+\-@\t\r]./su.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

function escaped(text) {
  const named = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return visible(text).replace(/[&<>"]/g, (char) => named[char]);
}
