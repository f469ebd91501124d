/** Which words are highlighted: the minimum score, by slider or number, a histogram below, and joining. */

const BIN = 5; // of the scale's 300
const SVG = "http://www.w3.org/2000/svg";
const $ = (id) => document.getElementById(id);

export class Filter {
  minimum = Number($("number").value);
  #bars = [];

  /** `changed()` is called when the minimum or joining changes. */
  constructor(changed) {
    const [slider, number, join] = [$("slider"), $("number"), $("join")];
    const choose = (value) => {
      this.minimum = value;
      this.#shade();
      changed();
    };
    slider.value = number.value;
    slider.addEventListener("input", () => {
      number.value = slider.value;
      choose(Number(slider.value));
    });
    number.addEventListener("input", () => {
      if (number.value === "" || !number.validity.valid) return;
      slider.value = number.value;
      choose(Number(number.value));
    });
    number.addEventListener("change", () => (number.value = this.minimum)); // what is not a score is undone
    join.addEventListener("change", changed);
  }

  get joined() {
    return $("join").checked;
  }

  show(doc) {
    const counts = new Uint32Array(300 / BIN);
    for (const score of doc.score) counts[Math.min(Math.floor(score / BIN), counts.length - 1)]++;
    const most = Math.log1p(Math.max(...counts)) || 1; // logarithms: most words score near 0
    this.#bars = Array.from(counts, (count, bin) => {
      const height = (100 * Math.log1p(count)) / most;
      const bar = document.createElementNS(SVG, "rect");
      const box = { x: bin * BIN + 0.5, y: 100 - height, width: BIN - 1, height };
      for (const [name, value] of Object.entries(box)) bar.setAttribute(name, value);
      return bar;
    });
    $("histogram").replaceChildren(...this.#bars);
    $("histogram").setAttribute("aria-label", `Words by score: ${description(doc)}`);
    $("axis").replaceChildren(...doc.marks.map((mark) => {
      const tick = document.createElement("span");
      tick.textContent = `${mark.minimum} ${mark.symbol}`;
      tick.className = `chip l${doc.level(mark.minimum)}`;
      tick.style.insetInlineStart = `${mark.minimum / 3}%`;
      return tick;
    }));
    this.#shade();
  }

  /** Show how many words are highlighted, and tell it to screen readers. */
  count(shown, all) {
    const words = `${shown.toLocaleString("en")} of ${all.toLocaleString("en")} words`;
    $("shown").textContent = words;
    $("slider").setAttribute("aria-valuetext", `${this.minimum}: ${words}`);
  }

  #shade() {
    this.#bars.forEach((bar, bin) => bar.classList.toggle("below", (bin + 1) * BIN <= this.minimum));
  }
}

function description({ score, marks }) {
  const edges = [0, ...marks.map((mark) => mark.minimum), Infinity];
  return edges.slice(0, -1)
    .map((edge, i) => `${score.filter((value) => value >= edge && value < edges[i + 1]).length} from ${edge}`)
    .join(", ");
}
