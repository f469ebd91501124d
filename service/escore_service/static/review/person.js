/** Asks once who decides, and keeps the name in this browser. */

const KEY = "escore name";
const RESERVED = ["model", "list"]; // who else says something in records
const dialog = document.getElementById("person");
const input = document.getElementById("person-name");

/** The name that is kept, or the one that is given now; `instead` of the one that is kept. */
export function askPerson(instead = "") {
  const kept = localStorage.getItem(KEY);
  if (kept && !instead) return Promise.resolve(kept);
  input.value = instead;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      const name = dialog.returnValue ? input.value.trim() : instead;
      if (!name || RESERVED.includes(name)) {
        dialog.showModal(); // nobody can decide without one
        return;
      }
      localStorage.setItem(KEY, name);
      resolve(name);
    };
  });
}
