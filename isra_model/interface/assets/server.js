// How page and server speak to each other, beside the values of the panels.
import { emit, on } from "./events.js";
import { choose, LOOKED_AT, selection } from "./selection.js";

let panel = null; // the one whose events the server hears
let wish = null; // what was asked for last
let turn = 0;
let shown = null; // what the server looked at last, as the selection names it

export const shownTask = () => shown?.task ?? selection.task;

// What changes what the server looks at is told in turn, each when what was told before it is answered: an answer
// would undo what came while it was worked out, and Gradio forgets an event that waits behind one that fails.
const waiting = [];
let isBusy = true; // at first, with the image that the address names
export function inTurn(tell) {
  waiting.push(tell);
  next();
}
// `tell` returns false where nothing is left to be told.
function next() {
  while (!isBusy && waiting.length) isBusy = waiting.shift()() !== false;
}
export function answered() {
  isBusy = false;
  next();
}

function look() {
  if (wish) panel.props.value = wish;
  panel.trigger("submit");
}
// Looks at what was asked for last, by the checkpoint that is chosen.
export function lookAgain() {
  if (waiting.includes(look)) waiting.splice(waiting.indexOf(look), 1);
  inTurn(look);
}
// What was asked for last is a value that the server reads; each ask has a number, by which one is told from the next.
function submit(what) {
  if (["example", "row", "several"].includes(what.kind)) openInput("Image");
  wish = { ...what, turn: ++turn };
  lookAgain();
}

// Asks for another image; `change` is what is chosen with it. The address names what is not the visitor's own at once.
export function lookAt(what, change = {}) {
  const { kind, index, row, task } = what;
  choose({ why: null, not: null }, { aside: true });
  if (kind === "example") choose({ ...change, example: index, row: null, of: null });
  if (kind === "row") choose({ ...change, example: null, row, of: task === selection.task ? null : task });
  submit(what);
}

// Looks at the image that is shown by another task's models; a visitor's own is named by what was asked for alone.
export function lookWith(checkpoint) {
  const isOwn = selection.example == null && selection.row == null;
  submit({ ...((isOwn && wish) || opened()), checkpoint });
}

// What the address names, as an ask.
function opened() {
  const { task, example, row, of } = selection;
  return row == null ? { kind: "example", index: example } : { kind: "row", row, task: of ?? task };
}

function openInput(name) {
  const tabs = [...document.querySelectorAll('.isra-inputs [role="tab"]')];
  tabs.find((tab) => tab.textContent.trim() === name)?.click();
}

// What the server looks at now: the first time it is what the page opened on, then the address follows it, unless
// something else was asked for since.
export function arrive(looked, answers) {
  if (answers !== turn) return;
  const before = shown;
  shown = looked;
  if (before?.task !== looked.task) emit("task", looked.task);
  if (!before) return;
  const elsewhere = looked.task !== selection.task;
  choose({
    ...looked,
    ...(elsewhere && {
      topics: null,
      topic: null,
      class: null,
      model: null,
      models: null,
      against: null,
      evidence: null,
    }),
  });
}

// Back and forward: what the address names is asked for again.
on("travelled", (keys) => {
  if (![...LOOKED_AT, "with"].some((key) => keys.includes(key))) return;
  const { task, topics } = selection;
  submit({ ...opened(), checkpoint: task, topics, ...(keys.includes("with") && { with: selection.with }) });
});

export const NOT_SHOWN = "This image is not ours to show: choose one of the source, or bring your own.";

export const isShown = (task, row) => row < task.sprites.pictures;

// Opens a gallery image in Predict.
export function openRow(task, row) {
  lookAt({ kind: "row", task: task.name, row }, { tab: "predict" });
}

// The attributes of a button that opens a gallery image; it says why where that image is not ours to show.
export function opener(task, row, label, before = () => {}) {
  if (!isShown(task, row))
    return { type: "button", "aria-disabled": "true", "aria-label": NOT_SHOWN, "data-tip": NOT_SHOWN };
  const onclick = () => {
    before();
    openRow(task, row);
  };
  return { type: "button", "aria-label": label, onclick };
}

// Keeps the image of that key, or lets go of it; `swap` changes places with what is looked at.
export const pin = (key, keep) => inTurn(() => panel.trigger("pin", { key, keep }));
export const swap = () => inTurn(() => panel.trigger("swap"));

export function ask(context) {
  panel = context;
  return () => {};
}

// The server's way to speak to panels that may not be on the page yet.
export const bus = () => (value) => Object.entries(value).forEach(([name, detail]) => emit(name, detail));
