// What is chosen, in every view: the image, the topic, the class, how the map is drawn. The address says the same.
import { emit, on } from "./events.js";

// What the server looks at: an `example`, or a gallery's `row` (`of` another task than `task`, where it says so). An
// uploaded image is neither, so it is never in an address: that leads to the first example.
export const LOOKED_AT = ["task", "example", "row", "of"];
const NUMBERS = ["example", "row", "topic"];
const KEYS = [
  "tab",
  ...LOOKED_AT,
  "with",
  "topics",
  "topic",
  "class",
  "model",
  "map",
  "colour",
  "against",
  "models",
  "evidence",
  "sort",
  "why",
  "not",
  "table",
  "measure",
  "runs",
  "bring",
];

// An address without a task means the one that the page opened on.
const home = { task: null };

// A task of the visitor's own has a name that nobody else may learn: addresses say `YOURS`, which only this page
// understands, and only of the last such task.
const YOURS = "~yours";
const TASKS = ["task", "of", "with"];
const OWN = /(?<=^|\.)~[\w-]+$/;
let own = null;
const publicly = (key, value) => (TASKS.includes(key) ? String(value).replace(OWN, YOURS) : value);

export function read(address) {
  const found = {};
  for (const key of KEYS) {
    const text = address.searchParams.get(key);
    found[key] = NUMBERS.includes(key) ? numberOf(text) : text;
  }
  for (const key of TASKS.filter((key) => OWN.test(found[key] ?? ""))) {
    found[key] = own && found[key].replace(OWN, own);
    if (!own && key !== "with") found.row = null;
  }
  found.task ??= home.task;
  if (found.row == null) found.example ??= 0;
  return found;
}
const numberOf = (text) => (/^\d{1,8}$/.test(text ?? "") ? Number(text) : null);

export function write(selection, address) {
  const written = new URL(address);
  for (const key of KEYS) {
    if (selection[key] == null || (key === "example" && selection.example === 0)) written.searchParams.delete(key);
    else written.searchParams.set(key, publicly(key, selection[key]));
  }
  return written;
}

export const changed = (before, after) => KEYS.filter((key) => before[key] !== after[key]);

export const selection = read(new URL(window.location.href));

function adopt(next, keep) {
  const keys = changed(selection, next);
  if (!keys.length) return;
  Object.assign(selection, next);
  keep();
  emit("selection", keys);
}

// Chooses in every view at once; `aside` is for what the browser's back button should not stop at.
export function choose(change, { aside = false } = {}) {
  own = [change.of, change.task].find((task) => OWN.test(task ?? "")) ?? own;
  adopt({ ...selection, ...change }, () => {
    const address = write(selection, window.location.href);
    window.history[aside ? "replaceState" : "pushState"](null, "", address);
  });
}

// Calls back with the keys that changed, if any of `keys` is among them.
export function onChoice(keys, listener) {
  on("selection", (now) => now.some((key) => keys.includes(key)) && listener(now));
}

export function openedOn(task) {
  home.task = task;
  selection.task ??= task;
}

// What is chosen when the server looks at an image from `place` with the models of `task`.
export const chosenAt = ({ example = null, row = null, of = null }, task) => ({
  task,
  example,
  row,
  of: of === task ? null : of,
});

export const toggleClass = (name) => choose({ class: selection.class === name ? null : name });

// Back and forward: "travelled" says so once every view has heard what is chosen now.
window.addEventListener("popstate", () => {
  const next = read(new URL(window.location.href));
  const keys = changed(selection, next);
  adopt(next, () => {});
  emit("travelled", keys);
});
