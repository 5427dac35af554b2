// The view Topic explorer: a wall of all topics of a model, and one of them large.
import { choiceOf, el, quiet, redraw, term } from "./dom.js";
import { choose, onChoice, selection } from "./selection.js";
import { words } from "./format.js";
import { on } from "./events.js";
import { debounce, download } from "./browser.js";
import { exported, importNames, nameOf } from "./names.js";
import { arrange, SORTS, strongest } from "./topic-order.js";
import { modelChoice } from "./topic-choice.js";
import { card, large } from "./portrait.js";

const NONE = [
  "No model of this checkpoint has topics. ",
  "Topics come with ISRA: choose another checkpoint above, or train one with ",
  el("code", "--isra"),
  ".",
];
const NO_MATCH = "No topic is like that: choose another class, or search for less.";

export const explorer = ({ element }) => {
  const parts = { wall: el("section.isra-wall"), large: el("section.isra-large"), count: el("small"), note: el("p") };
  let value = null,
    search = "";

  const model = () => value.models.find(({ name }) => name === selection.topics) ?? value.models.at(-1);
  const chosen = () => model().topics[selection.topic] ?? arranged()[0] ?? model().topics[0];
  const look = () => ({
    ...value,
    model: model(),
    top: Math.max(...model().topics.map(strongest), 1e-9),
  });
  function arranged() {
    const of = value.classes.indexOf(selection.class);
    const name = (index) => nameOf(model().names, index);
    return arrange(model(), value.classes, { sort: selection.sort, of: of < 0 ? null : of, search, name });
  }

  function drawWall() {
    const [topics, one] = [arranged(), chosen()];
    const press = (index) => {
      choose({ topic: index });
      if (window.innerWidth <= 1000) parts.large.scrollIntoView({ behavior: "smooth" });
    };
    const looks = look();
    const cards = topics.map((topic) => card(topic, looks, topic === one, press));
    redraw(parts.wall, cards.length ? cards : el("p.isra-empty", NO_MATCH));
    parts.count.textContent =
      topics.length === model().topics.length
        ? `${topics.length} topics`
        : `${topics.length} of ${model().topics.length}`;
  }
  function drawLarge() {
    parts.large.replaceChildren(large(chosen(), look()));
    for (const tile of parts.wall.querySelectorAll(".isra-portrait"))
      tile.setAttribute("aria-pressed", String(Number(tile.dataset.key) === chosen().index));
  }

  // ---- what one can ask of the wall ----
  const labelled = (label, ...choice) => el("label", el("span", label), choiceOf(label, ...choice));
  function bring() {
    const input = el("input", { type: "file", accept: "application/json,.json" });
    input.addEventListener("change", async () => {
      try {
        importNames(model().names, await input.files[0].text(), model().topics.length);
        parts.note.textContent = "";
      } catch (error) {
        parts.note.textContent = error.message;
      }
    });
    input.click();
  }
  const save = () => {
    const file = new Blob([exported(model().names)], { type: "application/json" });
    download("topic-names.json", URL.createObjectURL(file));
  };
  function controls() {
    const find = (event) => {
      search = event.target.value;
      debounce("topics", 80, drawWall);
    };
    const field = { type: "search", value: search, placeholder: "name, class or number", oninput: find };
    const classes = value.classes.map((label) => [label, words(label)]).sort(([, a], [, b]) => a.localeCompare(b));
    const sorts = Object.entries(SORTS).filter(([key]) => key !== "gap" || model().without);
    const titles = Object.fromEntries(value.models.map(({ name, title }) => [name, title]));
    return el(
      "div.isra-finder",
      el("label", el("span", "Search"), el("input", field)),
      labelled("Sort by", sorts, selection.sort ?? "strength", (sort) => choose({ sort }, { aside: true })),
      labelled("Class", [["", "all"], ...classes], selection.class ?? "", (label) => choose({ class: label || null })),
      modelChoice({ model: model().name, models: titles }),
      parts.count,
      el("span.isra-grow"),
      el("div.isra-finder-files", quiet("Export names", save), quiet("Import names", bring)),
      parts.note,
    );
  }

  function render() {
    if (!value.models.length) return element.replaceChildren(el("p.isra-empty", NONE));
    parts.note.className = "isra-error";
    parts.note.setAttribute("role", "status");
    const about = el(
      "p.isra-honest",
      "What the model's ",
      term("topic", "topics"),
      ` are, over all ${model().images.source} source and ${model().images.target} target images of the gallery.`,
    );
    element.replaceChildren(controls(), about, el("div.isra-explorer", parts.wall, parts.large));
    drawWall();
    drawLarge();
  }

  const alive = () => value?.models.length;
  onChoice(["topics"], () => alive() && render());
  onChoice(["class", "sort"], (keys) => {
    if (!alive()) return;
    if (keys.includes("class")) element.querySelector('select[aria-label="Class"]').value = selection.class ?? "";
    drawWall();
    drawLarge();
  });
  onChoice(["topic"], () => alive() && drawLarge());
  on("names", () => {
    if (!alive()) return;
    drawWall();
    drawLarge();
  });
  return (next) => {
    value = next;
    render();
  };
};
