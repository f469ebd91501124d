/** The training that the page can start: how far it is, what it brought, and which model is in use. */

import { call } from "../api.js";

const $ = (id) => document.getElementById(id);
const PAUSE = 1000; // ms between two looks at a training that runs
const PATH = "v1/review/training";
const FIGURES = {
  classes: "3 classes",
  ap: "average precision",
  f1: "F1 of words",
  span_f1: "F1 of entities",
  rank_correlation: "rank correlation",
};

export class TrainingBox {
  #timer = 0;
  #line = null; // of the training that runs

  /** `work` does one thing after another, `swapped()` is called when another model is in use. */
  constructor({ work, swapped }) {
    this.work = work;
    this.swapped = swapped;
  }

  /** Look how far it is, now and as long as it runs. */
  async look() {
    try {
      this.#show(await call(PATH));
    } catch (error) {
      this.#lookLater();
      throw error;
    }
  }

  #lookLater() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.work.run(() => this.look()), PAUSE);
  }

  #show(state) {
    clearTimeout(this.#timer);
    const running = state.status === "running";
    const parts = [];
    if (running) {
      this.#lookLater();
      const line = `${state.lines.at(-1) ?? "It begins …"} (${state.seconds.toFixed(0)} s)`;
      if (this.#line?.isConnected) {
        this.#line.textContent = line; // and its button keeps the focus
        return;
      }
      this.#line = element("p", { textContent: line });
      parts.push(element("progress", { ariaLabel: "Training" }), this.#line);
      parts.push(this.#button("Stop", { method: "DELETE" }));
    } else {
      if (state.status === "failed") {
        parts.push(element("p", { className: "error", textContent: state.lines.at(-1) ?? "The training failed." }));
      }
      if (state.status === "stopped") parts.push(element("p", { textContent: "The training was stopped." }));
      if (state.report) parts.push(...figures(state));
      if (state.status === "done") parts.push(this.#switch(state));
      parts.push(this.#button(state.status === "none" ? "Train now" : "Train again", { method: "POST", body: "{}" }));
    }
    $("training").replaceChildren(...parts);
    $("training").hidden = false;
  }

  #button(name, request, path = PATH) {
    const button = element("button", { type: "button", textContent: name });
    button.addEventListener("click", () => this.work.run(async () => this.#show(await call(path, request))));
    return button;
  }

  #switch({ in_use: inUse, model }) {
    const other = inUse === "old" ? "new" : "old";
    const button = element("button", { type: "button", textContent: `Use the ${other} model` });
    button.addEventListener("click", () => this.work.run(async () => {
      this.#show(await call(`${PATH}/model`, { method: "PUT", body: JSON.stringify({ use: other }) }));
      await this.swapped();
    }));
    const row = element("p", { textContent: `In use: ${model} ` });
    row.append(button);
    return row;
  }
}

/** The figures before and after, as a table. */
function figures({ report, seconds }) {
  const table = element("table", {});
  const head = table.createTHead().insertRow();
  for (const name of ["", "before", "after"]) head.append(element("th", { scope: "col", textContent: name }));
  const body = table.createTBody();
  const group = (title, rows) => {
    if (!rows.length) return;
    body.insertRow().append(element("th", { scope: "rowgroup", colSpan: 3, textContent: title }));
    for (const { name, before, after } of rows) {
      const row = body.insertRow();
      row.append(element("th", { scope: "row", textContent: FIGURES[name] ?? name }));
      for (const value of [before, after]) row.insertCell().textContent = value.toFixed(3).replace(/^0/, "");
    }
  };
  group(`${report.held_out_texts} texts held out, ${report.own_words} words`, report.own);
  group("general text", report.general);
  const learned = `Learned from ${report.train_texts} texts in ${seconds.toFixed(0)} s.`;
  const blind = report.own.length ? "" : " No text is held out to measure on: about 20 texts are needed.";
  return [element("p", { textContent: learned + blind }), table];
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}
