/** Opens a text file that is chosen or dropped on the page. */

import { Failure } from "./api.js";

const $ = (id) => document.getElementById(id);

/** `check(bytes)` throws a Failure for too many, `take(name, text)` gets the text, `attempt(action)` shows failures. */
export function acceptFiles({ check, take, attempt }) {
  const accept = (files) => attempt(async () => {
    if (files.length > 1) throw new Failure("One file at a time, please.");
    const [file] = files;
    check(file.size);
    await take(file.name, await read(file));
  });
  $("open").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", async () => {
    if ($("file").files.length) await accept([...$("file").files]);
    $("file").value = ""; // so that the same file may be chosen again
  });
  const isFile = (event) => event.dataTransfer.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    document.body.classList.remove("dropping");
    accept([...event.dataTransfer.files]);
  });
}

/** The file's text, without a byte-order mark. Throws a Failure if it is not UTF-8. */
async function read(file) {
  const bytes = await file.arrayBuffer().catch(() => {
    throw new Failure(`${file.name} cannot be read; is it a folder, or gone?`);
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure(`${file.name} is no text in UTF-8; save it as one, then open it again.`);
  }
}
