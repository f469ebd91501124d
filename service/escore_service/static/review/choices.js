/** What one can say of a span: four labels or, where importance is asked for, seven numbers. */

const LABELS = [
  { keys: ["1", "x"], label: "none", says: "no entity" },
  { keys: ["2", "n"], label: "noun", says: "common noun" },
  { keys: ["3", "p"], label: "proper", says: "proper noun" },
  { keys: ["4", "e"], label: "entity", says: "named entity" },
];
const TARGETS = [0, 50, 100, 150, 200, 250, 300];

/** The choices: their keys, what they say, and the fields of the decision. */
export function choices(importance) {
  if (!importance) return LABELS.map(({ keys, label, says }) => ({ keys, says, fields: { label } }));
  return TARGETS.map((target, i) => ({ keys: [String(i)], says: String(target), fields: { target } }));
}

/** What a span says, as a sentence goes on: “Oslo” is … */
export function sentence(span) {
  const says = saying(span);
  return span.target !== undefined || span.label === "none" ? says : `a ${says}`;
}

/** What a span says, in a word. */
export function saying({ label, target }) {
  return target === undefined ? LABELS.find((choice) => choice.label === label).says : String(target);
}

/** The level (0 to 3) of the chip that a span is shown as. */
export function level({ label, target }) {
  if (target === undefined) return LABELS.findIndex((choice) => choice.label === label);
  return [50, 150, 250].filter((edge) => target >= edge).length;
}

/** Whether a span marks something, rather than saying that words are in no entity. */
export function isMarked({ label, target }) {
  return target !== undefined || label === "entity";
}
