// The names that a visitor gives to topics: kept in the browser, nowhere else. `of` says whose topics they are.
import { keep, kept } from "./browser.js";
import { emit } from "./events.js";

const PLACE = "isra-topic-names";
export const LONGEST = 40;
const UNREADABLE = "These are no names of topics: choose a file that was exported here.";
const OF_OTHERS = "These names were given to other topics: open the checkpoint that they are of.";

let known = null; // also what is remembered where the browser keeps nothing
function all() {
  try {
    return (known ??= JSON.parse(kept(PLACE)) ?? {});
  } catch {
    return (known = {});
  }
}
window.addEventListener("storage", ({ key }) => {
  if (key !== PLACE) return;
  known = null;
  emit("names");
});

export const namesOf = (of) => ({ ...all()[of] });
export const nameOf = (of, index) => all()[of]?.[index] ?? null;
export const titleOf = (of, index) => nameOf(of, index) ?? `Topic ${index}`;

function remember(of, names) {
  known = { ...all(), [of]: names };
  keep(PLACE, JSON.stringify(known));
  emit("names");
}

// An empty name takes the name away.
export function giveName(of, index, name) {
  const names = { ...namesOf(of), [index]: name.trim().slice(0, LONGEST) };
  if (!names[index]) delete names[index];
  remember(of, names);
}

export const exported = (of) => `${JSON.stringify({ topics: of, names: namesOf(of) }, null, 2)}\n`;

// Adds the names of an exported file to those that there are.
export function importNames(of, text, count) {
  let read = null;
  try {
    read = JSON.parse(text);
  } catch {
    throw new Error(UNREADABLE);
  }
  const isName = ([index, name]) => /^\d{1,5}$/.test(index) && Number(index) < count && typeof name === "string";
  const entries = Object.entries(read?.names ?? {});
  if (typeof read?.topics !== "string" || !entries.every(isName)) throw new Error(UNREADABLE);
  if (read.topics !== of) throw new Error(OF_OTHERS);
  remember(of, { ...namesOf(of), ...Object.fromEntries(entries.map(([i, name]) => [i, name.slice(0, LONGEST)])) });
}
