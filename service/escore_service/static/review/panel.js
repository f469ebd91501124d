/** Beside the text: what is in focus, what it may be, and where people differ. */

import { shortLine } from "../printable.js";
import { saying, sentence } from "./choices.js";

const $ = (id) => document.getElementById(id);

export class Panel {
  /** `choose(choice)` and `settle(span)` are called by the buttons. */
  constructor({ choose, settle }) {
    this.choose = choose;
    this.settle = settle;
  }

  /** Make a button for each choice. */
  offer(choices) {
    $("choices").replaceChildren(...choices.map((choice) => {
      const label = document.createElement("span");
      label.textContent = choice.says;
      const key = document.createElement("kbd");
      key.textContent = choice.keys.at(-1);
      return button([label, " ", key], () => this.choose(choice));
    }));
    this.choices = choices;
  }

  /** Show what is said of the words in focus; `others` says at how many other places a decision may hold. */
  show(text, range, others) {
    const words = text.words(range);
    const run = text.at(range);
    $("name").textContent = shortLine(words.text);
    const facts = [];
    if (run) {
      const { span } = run;
      const who = span.by ?? "somebody";
      facts.push([shortLine(who === "model" ? span.model ?? "model" : who), saying(span)]);
      if (span.score !== undefined) facts.push(["score", span.score.toFixed(0)]);
      if (span.probability !== undefined) facts.push(["probability", `${(100 * span.probability).toFixed(0)} % that it is part of an entity`]);
      if (span.kind) facts.push(["kind", span.kind]);
    }
    $("facts").replaceChildren(...facts.flatMap(([term, fact]) => [
      Object.assign(document.createElement("dt"), { textContent: term }),
      Object.assign(document.createElement("dd"), { textContent: fact }),
    ]));
    this.choices.forEach(({ fields }, i) => {
      const [name, value] = Object.entries(fields)[0];
      $("choices").children[i].setAttribute("aria-pressed", run?.span[name] === value && run.span.by !== "model");
    });
    const { places, all } = others ?? { places: 0, all: true };
    $("everywhere").hidden = !places && all;
    const key = document.createElement("kbd");
    key.textContent = "w";
    const count = `${all ? "" : "more than "}${places} other place${places === 1 ? "" : "s"}`;
    $("everywhere").replaceChildren(`Everywhere: ${count} `, key);
  }

  /** List where people differ, side by side. */
  showConflicts({ conflicts }, { doc }) {
    $("conflicts").hidden = !conflicts.length;
    const points = conflicts.length ? Array.from(doc.text) : [];
    $("conflicts").querySelector("ul").replaceChildren(...conflicts.map(({ first, second }) => {
      const item = document.createElement("li");
      for (const span of [first, second]) {
        const side = document.createElement("p");
        const words = document.createElement("bdi");
        words.textContent = shortLine(points.slice(span.start, span.end).join(""));
        side.append(`${shortLine(span.by ?? "somebody")}: `, words, ` is ${sentence(span)} `);
        side.append(button(["Take this"], () => this.settle(span)));
        item.append(side);
      }
      return item;
    }));
  }
}

function button(content, act) {
  const element = document.createElement("button");
  element.type = "button";
  element.append(...content);
  element.addEventListener("click", act);
  return element;
}
