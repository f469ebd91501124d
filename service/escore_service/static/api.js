/** Requests to the service, with its token if it has one; failures are one line for the reader. */

const KEY = "escore token";

/** What went wrong, in words, and the answer's status, 0 if there was no answer. */
export class Failure extends Error {
  constructor(line, status = 0) {
    super(line);
    this.status = status;
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
