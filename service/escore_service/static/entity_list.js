/** The list of entities: those with the same text are counted together; any column sorts the list. */

import { shortLine } from "./printable.js";

const ROWS = 200; // at a time

export class EntityList {
  #table = document.getElementById("entities");
  #more = document.getElementById("more");
  #groups = [];
  #sort = { by: "score", descending: true };
  #rows = ROWS;
  #doc = null;

  /** `choose(group, button)` is called when an entity is clicked. */
  constructor(choose) {
    this.#table.tHead.addEventListener("click", ({ target }) => {
      if (!target.value) return;
      const again = target.value === this.#sort.by;
      this.#sort = { by: target.value, descending: again ? !this.#sort.descending : target.value !== "text" };
      this.#draw();
    });
    this.#table.tBodies[0].addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) choose(this.#groups[button.value], button);
    });
    this.#more.addEventListener("click", () => {
      this.#rows += ROWS;
      this.#draw();
    });
  }

  show(doc, runs) {
    this.#doc = doc;
    this.#groups = groupByText(doc, runs);
    this.#rows = ROWS;
    this.#draw();
  }

  #draw() {
    const { by, descending } = this.#sort;
    const order = descending ? -1 : 1;
    this.#groups.sort((a, b) => order * compare(a[by], b[by]) || b.count - a.count || b.score - a.score);
    for (const header of this.#table.tHead.rows[0].cells) {
      if (header.firstElementChild.value === by) header.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else header.removeAttribute("aria-sort");
    }
    const rows = this.#groups.slice(0, this.#rows).map((group, i) => this.#row(group, i));
    this.#table.tBodies[0].replaceChildren(...rows);
    this.#table.hidden = !rows.length;
    document.getElementById("none").hidden = rows.length > 0;
    const rest = this.#groups.length - rows.length;
    this.#more.hidden = !rest;
    this.#more.textContent = `Show more (${rest.toLocaleString("en")} left)`;
  }

  #row(group, i) {
    const row = document.createElement("tr");
    const button = document.createElement("button");
    const name = document.createElement("bdi");
    name.textContent = shortLine(group.text);
    name.className = `chip l${this.#doc.level(group.score)}`;
    button.type = "button";
    button.value = i;
    button.append(name);
    const kind = document.createElement("small");
    kind.textContent = group.kind ?? "";
    row.insertCell().append(button, ...(group.kind ? [" ", kind] : []));
    row.insertCell().textContent = group.count.toLocaleString("en");
    row.insertCell().textContent = group.score.toFixed(1);
    return row;
  }
}

/** Runs with the same text, apart from white space: their text, count, mean score, the runs, and a kind if one has it. */
function groupByText(doc, runs) {
  const groups = new Map();
  for (const run of runs) {
    const text = doc.span(run).replace(/\s+/g, " ");
    const group = groups.get(text);
    if (group) group.runs.push(run);
    else groups.set(text, { text, runs: [run] });
  }
  return Array.from(groups.values(), ({ text, runs: same }) => ({
    text,
    runs: same,
    count: same.length,
    score: same.reduce((sum, run) => sum + run.score, 0) / same.length,
    kind: same.map((run) => doc.kind(run)).find(Boolean),
  }));
}

const { compare: compareText } = new Intl.Collator("en");

function compare(a, b) {
  return typeof a === "string" ? compareText(a, b) : a - b;
}
