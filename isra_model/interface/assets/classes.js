// The view Classes: how alike classes are, how well each is recognised, what adaptation mended and made.
import { choiceOf, el, redraw, segments, term } from "./dom.js";
import { emit, on } from "./events.js";
import { words } from "./format.js";
import { choose, onChoice, selection } from "./selection.js";
import { heat } from "./class-heat.js";
import { accuracies, changeList, doubtList } from "./class-lists.js";

export const classes = ({ element, trigger }) => {
  let value = null,
    cell = null, // the cell whose pairs are shown
    found = null; // and those pairs, once they are there

  const chosenModel = () => (value.similarity[selection.model] ? selection.model : value.task.models.at(-1).name);
  const asked = () => ({ task: value.task.name, model: chosenModel(), ...cell });

  function openCell(source, target) {
    cell = { source, target };
    found = null;
    trigger("pairs", asked());
    choose({ class: value.classes[target] });
    render();
  }
  function controls() {
    const models = value.task.models.map(({ name, title, about }) => ({ key: name, text: title, about }));
    const names = [...value.classes].sort().map((label) => [label, words(label)]);
    const pick = (label) => choose({ class: label || null });
    return el(
      "div.isra-classes-controls",
      segments("Model", models, chosenModel(), (name) => choose({ model: name })),
      choiceOf("Class", [["", "All classes"], ...names], selection.class ?? "", pick, { "data-key": "class" }),
    );
  }
  function similarity() {
    const { target, source } = value.task;
    const how = value.shared
      ? "Mean features of each class of the target against each class of the source. Where a source-only class is as " +
        "alike as the class itself, its images are at risk. Choose a cell to see the closest images."
      : "The target's classes are not all known: where they are not, its rows are what the model says. Choose a cell to " +
        "see the closest images.";
    return el(
      "section",
      el("h2", term("class similarity", "Class similarity"), `, ${source} → ${target}`),
      el("p.isra-honest", how),
      heat(value, chosenModel(), { cell, found, openCell }),
    );
  }
  function render() {
    const scroll = element.querySelector(".isra-heat")?.scrollLeft ?? 0;
    const model = chosenModel();
    const lists = el("div.isra-class-lists", accuracies(value), changeList(value, model));
    redraw(element, el("div.isra-classes", controls(), similarity(), lists, doubtList(value, model)));
    element.querySelector(".isra-heat").scrollLeft = scroll;
  }

  onChoice(["class", "model"], (keys) => {
    if (!value) return;
    if (keys.includes("model") && cell) trigger("pairs", asked());
    render();
  });
  on("theme", () => value && render());
  on("pairs", ({ of, pairs }) => {
    if (!value || !cell || Object.entries(asked()).some(([key, wanted]) => of[key] !== wanted)) return;
    found = pairs;
    render();
  });
  const draw = (next) => {
    if (next.task.name !== value?.task.name) cell = found = null;
    value = next;
    render();
  };
  return Object.assign(draw, { chosen: () => ({ model: chosenModel() }) });
};

// The pairs of a cell come through a panel of their own, so that the view's value stays as it is.
export const pairs = () => (value) => emit("pairs", value);
