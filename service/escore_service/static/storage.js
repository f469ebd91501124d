/** Keeps the texts of a browser tab and their scores over a reload, in IndexedDB: sessionStorage holds 5 MB at most. */

const DATABASE = "escore";
const STORE = "texts";
const TAB = "escore tab";
const LOCK = "escore ";

export class Storage {
  #tab = sessionStorage.getItem(TAB) ?? crypto.getRandomValues(new Uint32Array(2)).join("-");
  #database = null; // a promise; null where there is none, as in some private windows

  /** The records of this tab, in the order of their ids; none where the browser keeps nothing. */
  async open() {
    sessionStorage.setItem(TAB, this.#tab);
    try {
      this.#database = await request(upgradable(indexedDB.open(DATABASE, 1)));
      await this.#forgetClosedTabs();
      return await request(this.#store("readonly").getAll(this.#range()));
    } catch {
      this.#database = null;
      return [];
    }
  }

  /** Whether records are kept. */
  get works() {
    return this.#database !== null;
  }

  /** Keep a record, whose `id` is a number. Where that fails, as on a full disk, the page goes on without it. */
  async put(record) {
    try {
      await request(this.#store("readwrite").put({ ...record, tab: this.#tab }));
    } catch {
      // A reload will not find it.
    }
  }

  async delete(id) {
    try {
      await request(this.#store("readwrite").delete([this.#tab, id]));
    } catch {
      // It was not kept.
    }
  }

  #store(mode) {
    return this.#database.transaction(STORE, mode).objectStore(STORE);
  }

  #range(tab = this.#tab) {
    return IDBKeyRange.bound([tab, -Infinity], [tab, Infinity]);
  }

  /** Each open tab holds a lock, where there are locks; the texts of tabs without one are deleted. */
  async #forgetClosedTabs() {
    if (!navigator.locks) return;
    navigator.locks.request(LOCK + this.#tab, () => new Promise(() => {}));
    const { held, pending } = await navigator.locks.query();
    const open = new Set([...held, ...pending].map(({ name }) => name));
    const keys = await request(this.#store("readonly").getAllKeys());
    for (const tab of new Set(keys.map(([tab]) => tab))) {
      if (!open.has(LOCK + tab) && tab !== this.#tab) await request(this.#store("readwrite").delete(this.#range(tab)));
    }
  }
}

function upgradable(opening) {
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: ["tab", "id"] });
  return opening;
}

function request(operation) {
  return new Promise((resolve, reject) => {
    operation.onsuccess = () => resolve(operation.result);
    operation.onerror = () => reject(operation.error);
    operation.onblocked = () => reject(new Error("blocked"));
  });
}
