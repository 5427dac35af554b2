// Panels talk to each other without the server: on("topic", ...) hears emit("topic", ...).
const listeners = {};
// A panel that was not yet there finds the last detail in `last`.
export const last = {};

export function on(name, listener) {
  (listeners[name] ??= []).push(listener);
}

// Hears what was said last too, for a panel that may come later than it.
export function hear(name, listener) {
  on(name, listener);
  if (last[name]) listener(last[name]);
}

export function emit(name, detail) {
  last[name] = detail;
  (listeners[name] ?? []).forEach((listener) => listener(detail));
}

// Faithfulness comes a few topics at a time, and may come late: what is known of an image is kept under its key.
const scores = {};
on("scores", (found) => Object.assign((scores[found.key] ??= {}), found.scores));
export const scoresOf = (key) => scores[key] ?? {};
