/** Requests to the service, with its token if it has one; failures are one line for the reader. */

const KEY = "escore token";

/** What went wrong, in words, and the answer's status, 0 if there was no answer. */
export class Failure extends Error {
  constructor(line, status = 0) {
    super(line);
    this.status = status;
  }
}

/** Take the token that a link such as "#token=T" brings, once, and remove it from the address and the history. */
function takeToken() {
  const [name, value] = location.hash.split(/=(.*)/s);
  if (name !== "#token" || !value) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  const token = decode(value);
  sessionStorage.setItem(KEY, token);
  const dialog = document.getElementById("token");
  if (!dialog.open) return;
  document.getElementById("word").value = token; // the page asks for it just now
  dialog.close("typed");
}

function decode(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return value; // typed by hand
  }
}

/**
 * Send a request. Returns the answer's JSON, null if it is empty. `body` is a string of JSON.
 * Throws Failure, or an AbortError if `signal` stopped it.
 */
export async function call(path, { method = "GET", body, signal } = {}) {
  for (;;) {
    const token = sessionStorage.getItem(KEY);
    const headers = new Headers(body === undefined ? {} : { "Content-Type": "application/json" });
    if (token) headers.set("Authorization", `Bearer ${token}`);
    const response = await fetch(path, { method, headers, body, signal }).catch((error) => {
      if (error.name === "AbortError") throw error;
      throw new Failure("The service does not answer; see whether “escore serve” still runs, then try again.");
    });
    if (response.ok) return response.status === 204 ? null : response.json();
    if (response.status !== 401) throw new Failure(await reason(response), response.status);
    sessionStorage.setItem(KEY, await askToken(token ? "That token was refused." : ""));
  }
}

async function reason(response) {
  const { error, field } = await response.json().catch(() => ({}));
  const line = error ?? `The service failed with status ${response.status}`;
  const wait = response.headers.get("Retry-After");
  return `${field ? `${field}: ` : ""}${line}${wait ? `; try again in ${wait} s` : ""}`;
}

/** Ask the reader for the token. */
function askToken(message) {
  const dialog = document.getElementById("token");
  const input = document.getElementById("word");
  document.getElementById("refused").textContent = message;
  document.getElementById("cancel").onclick = () => dialog.close();
  dialog.returnValue = "";
  input.value = "";
  dialog.showModal();
  return new Promise((resolve, reject) => {
    dialog.onclose = () => {
      if (dialog.returnValue) resolve(input.value.trim());
      else reject(new Failure("This service wants its token; score again to give it."));
    };
  });
}

takeToken();
addEventListener("hashchange", takeToken); // a link that is opened in this tab does not load the page again
