// How page and server speak to each other, beside the values of the panels.
import { emit } from "./events.js";
import { openTab } from "./address.js";

let submit = null;

// Asks for another image.
export const lookAt = (what) => submit(what);

export const NOT_SHOWN = "This image is not ours to show: choose one of the source, or bring your own.";

export const isShown = (task, row) => row < task.sprites.pictures;

// Opens a gallery image in Predict.
export function openRow(task, row) {
  lookAt({ kind: "row", task: task.name, row });
  openTab("Predict");
  openTab("Image");
}

// The attributes of a button that opens a gallery image; it says why where that image is not ours to show.
export function opener(task, row, label, before = () => {}) {
  if (!isShown(task, row)) return { type: "button", "aria-disabled": "true", "aria-label": NOT_SHOWN, "data-tip": NOT_SHOWN };
  const onclick = () => {
    before();
    openRow(task, row);
  };
  return { type: "button", "aria-label": label, onclick };
}

// What was asked for last is a value that the server reads, so that it never answers an older ask; each has a number,
// by which one is told from the next.
export function ask({ props, trigger }) {
  let turn = 0;
  submit = (what) => {
    props.value = { ...what, turn: ++turn };
    trigger("submit");
  };
  return () => {};
}

// The server's way to speak to panels that may not be on the page yet.
export const bus = () => (value) => Object.entries(value).forEach(([name, detail]) => emit(name, detail));
