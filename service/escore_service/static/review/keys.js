/** Which key does what, and the table that says so. */

const MOVES = {
  ArrowRight: "right",
  ArrowLeft: "left",
  ArrowDown: "down",
  ArrowUp: "up",
  "Shift+ArrowRight": "longer",
  "Shift+ArrowLeft": "shorter",
  ",": "earlier",
  ".": "later",
  a: "accept",
  s: "skip",
  PageDown: "next",
  PageUp: "previous",
  z: "undo",
  w: "everywhere",
  "/": "search",
  "?": "help",
  Escape: "leave",
  Home: "first",
  End: "last",
};
const HELP = [
  ["← →", "the word before, the next one"],
  ["Home, End", "the first word, the last one"],
  ["↑ ↓", "the chip before, the next one"],
  ["b c d …", "the chip with that letter"],
  ["Shift + ← →", "move the end; from a plain word, take in more words"],
  [", .", "move the start"],
  ["a", "accept the text as it is shown, and go on"],
  ["s", "skip the text: go to the next one"],
  ["Page Up, Page Down", "the text before, the next one"],
  ["z or Ctrl + z", "undo what you did last"],
  ["w", "everywhere: decide so at all places of the same words"],
  ["/", "search"],
  ["?", "these keys"],
];

/** What a key event asks for: {move}, {choice}, {letter}, or null. */
export function asked(event, choices) {
  if ((event.ctrlKey || event.metaKey) && event.key === "z") return { move: "undo" };
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const arrow = event.key.startsWith("Arrow");
  const name = event.shiftKey && arrow ? `Shift+${event.key}` : event.key;
  if (name in MOVES) return { move: MOVES[name] };
  const choice = choices.find(({ keys }) => keys.includes(event.key));
  if (choice) return { choice };
  return /^[a-zA-Z]$/.test(event.key) ? { letter: event.key } : null;
}

/** Fill the table of keys. */
export function showHelp(body, choices) {
  const rows = [...choices.map(({ keys, says }) => [keys.join(" or "), `what is in focus: ${says}`]), ...HELP];
  body.replaceChildren(...rows.map(([keys, says]) => {
    const row = document.createElement("tr");
    const name = document.createElement("th");
    const key = document.createElement("kbd");
    name.scope = "row";
    key.textContent = keys;
    name.append(key);
    row.append(name, Object.assign(document.createElement("td"), { textContent: says }));
    return row;
  }));
}
