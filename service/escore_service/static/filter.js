/** Which words are highlighted: the minimum score, by slider, number or a class, a histogram above, and joining. */

const BIN = 5; // of the scale's 300
const SVG = "http://www.w3.org/2000/svg";
const NAMES = ["other words", "common nouns", "proper nouns", "named entities"]; // by level
const $ = (id) => document.getElementById(id);

export class Filter {
  minimum = Number($("number").value);
  #bars = [];
  #classes = [...$("meaning").querySelectorAll("button")];

  /** `changed()` is called when the minimum or joining changes. */
  constructor(changed) {
    const [slider, number, join] = [$("slider"), $("number"), $("join")];
    const choose = (value) => {
      this.minimum = value;
      this.#shade();
      changed();
    };
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
    for (const button of this.#classes) {
      button.addEventListener("click", () => {
        slider.value = number.value = button.value;
        choose(Number(button.value));
      });
    }
    join.addEventListener("change", changed);
    this.#shade();
  }

  get joined() {
    return $("join").checked;
  }

  /** Use these values, without telling that they changed. */
  set({ minimum, joined }) {
    $("slider").value = $("number").value = this.minimum = minimum;
    $("join").checked = joined;
    this.#shade();
  }

  show(doc) {
    const counts = new Uint32Array(300 / BIN);
    const levels = new Uint32Array(NAMES.length);
    for (const score of doc.score) {
      counts[Math.min(Math.floor(score / BIN), counts.length - 1)]++;
      levels[doc.level(score)]++;
    }
    const most = Math.log1p(Math.max(...counts)) || 1; // logarithms: most words score near 0
    this.#bars = Array.from(counts, (count, bin) => {
      const height = (100 * Math.log1p(count)) / most;
      const bar = document.createElementNS(SVG, "rect");
      const box = { x: bin * BIN + 0.5, y: 100 - height, width: BIN - 1, height };
      for (const [name, value] of Object.entries(box)) bar.setAttribute(name, value);
      return bar;
    });
    $("histogram").replaceChildren(...this.#bars);
    const description = NAMES.map((name, level) => `${levels[level]} ${name}`).join(", ");
    $("histogram").setAttribute("aria-label", `Words by score: ${description}`);
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
    for (const button of this.#classes) button.setAttribute("aria-pressed", Number(button.value) === this.minimum);
  }
}
