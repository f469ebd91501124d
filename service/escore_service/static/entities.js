/** The list of entities: the same text counted together, sorted by any column, walked through place by place. */

import { label } from "./visible.js";

const ROWS = 200; // at a time

export class Entities {
  #table = document.getElementById("entities");
  #more = document.getElementById("more");
  #groups = [];
  #sort = { by: "count", descending: true };
  #rows = ROWS;
  #scored = null;

  /** `walk(group)` is called when an entity is clicked. */
  constructor(walk) {
    this.#table.tHead.addEventListener("click", ({ target }) => {
      if (!target.value) return;
      const again = target.value === this.#sort.by;
      this.#sort = { by: target.value, descending: again ? !this.#sort.descending : target.value !== "text" };
      this.#draw();
    });
    this.#table.tBodies[0].addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) walk(this.#groups[button.value], button);
    });
    this.#more.addEventListener("click", () => {
      this.#rows += ROWS;
      this.#draw();
    });
  }

  show(scored, runs) {
    this.#scored = scored;
    this.#groups = grouped(scored, runs);
    this.#rows = ROWS;
    this.#draw();
  }

  #draw() {
    const { by, descending } = this.#sort;
    const order = descending ? -1 : 1;
    this.#groups.sort((a, b) => order * compare(a[by], b[by]) || b.count - a.count || b.score - a.score);
    for (const header of this.#table.tHead.rows[0].cells) {
      const chosen = header.firstElementChild.value === by;
      if (chosen) header.setAttribute("aria-sort", descending ? "descending" : "ascending");
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
    name.textContent = label(group.text);
    name.className = `chip l${this.#scored.level(group.score)}`;
    button.type = "button";
    button.value = i;
    button.append(name);
    row.insertCell().append(button);
    row.insertCell().textContent = group.count.toLocaleString("en");
    row.insertCell().textContent = group.score.toFixed(1);
    return row;
  }
}

/** Runs of the same text, white space aside: their text, count, mean score and places. */
function grouped(scored, runs) {
  const groups = new Map();
  for (const run of runs) {
    const text = scored.span(run).replace(/\s+/g, " ");
    const group = groups.get(text);
    if (group) group.places.push(run);
    else groups.set(text, { text, places: [run] });
  }
  return Array.from(groups.values(), ({ text, places }) => ({
    text,
    places,
    count: places.length,
    score: places.reduce((sum, run) => sum + run.score, 0) / places.length,
  }));
}

const { compare: compareText } = new Intl.Collator("en");

function compare(a, b) {
  return typeof a === "string" ? compareText(a, b) : a - b;
}
