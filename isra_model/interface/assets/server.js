// How page and server speak to each other, beside the values of the panels.
import { emit } from "./events.js";

let submit = null;

// Asks for another image.
export const lookAt = (what) => submit(what);

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
