/** Opens text files that are chosen or dropped on the page. */

import { Failure } from "./api.js";

const $ = (id) => document.getElementById(id);

/** `check(bytes)` throws a Failure for too many, `take(files)` gets names and texts, `attempt(action)` shows failures. */
export function acceptFiles({ check, take, attempt }) {
  const accept = async (files) => {
    const texts = [];
    const failures = [];
    for (const file of files) {
      try {
        check(file.size);
        texts.push({ name: file.name, text: await read(file) });
      } catch (error) {
        failures.push(error);
      }
    }
    if (texts.length) await take(texts);
    if (failures.length) await attempt(() => Promise.reject(failures[0]));
  };
  $("open").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => {
    const files = [...$("file").files];
    $("file").value = ""; // so that the same file may be chosen again
    accept(files);
  });
  const isFile = (event) => event.dataTransfer.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    $("drop").hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) $("drop").hidden = true;
  });
  addEventListener("drop", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    $("drop").hidden = true;
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
