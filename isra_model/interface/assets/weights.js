// The view Weights: class weights of each model, and one mini-batch that one can step through.
import { cellAt, paint, stepTo } from "./cells.js";
import { domainMark, el, quiet, redraw, segments, term, thumb } from "./dom.js";
import { emit, on } from "./events.js";
import { percent, words } from "./format.js";
import { choose, onChoice, selection, toggleClass } from "./selection.js";
import { opener } from "./server.js";
import { overTraining } from "./weights-history.js";

const [CELL, WIDEST] = [9, 3]; // pixels of a topic's cell, standard scores at the ends of its scale
const ORDERS = [
  { key: "weight", text: "By weight" },
  { key: "entropy", text: "By entropy" },
];

export const weights = ({ element, trigger }) => {
  let value = null,
    batch = null,
    number = 0,
    order = "weight";

  const chosenModel = () => (value.weights[selection.model] ? selection.model : value.task.models.at(-1).name);
  const asked = () => ({ task: value.task.name, model: chosenModel(), number });
  const isShared = (label) => !value.shared || value.shared[label];
  const name = (label) => (label < 0 ? "unlabelled" : words(value.classes[label]));

  function step(by) {
    number = (number + by + value.count) % value.count;
    trigger("step", asked());
  }

  // ---- class weights ----
  function classWeights({ name: model, title }, columns, highest) {
    const weight = value.weights[model];
    const leaked = columns.filter((label) => !isShared(label)).reduce((sum, label) => sum + weight[label], 0);
    const bar = (label) => {
      const known = value.classes[label];
      const chosen = known === selection.class;
      const tip = `${name(label)}: ${percent(weight[label])}${isShared(label) ? "" : ", source-only"}`;
      const state = { type: "button", "data-tip": tip, "aria-label": tip, "aria-pressed": String(chosen) };
      const kind = isShared(label) ? "solid" : "hatched";
      const press = { "data-key": `${model} ${label}`, onclick: () => toggleClass(known) };
      return el("button", { ...state, ...press }, el(`i.${kind}`, { vars: { "--p": weight[label] / highest } }));
    };
    const note = value.shared && el("small", `${percent(leaked)} of it on source-only classes`);
    return el(
      "figure.isra-weight-figure",
      el("figcaption", el("strong", title), note),
      el("div.isra-weight-bars", columns.map(bar)),
    );
  }
  function allClasses() {
    const labels = value.classes.map((_, label) => label);
    const columns = [...labels.filter(isShared), ...labels.filter((label) => !isShared(label))];
    const highest = Math.max(...Object.values(value.weights).flat());
    const known = ["; target classes left, ", "source-only ones right."];
    const note = ["The mean probability that a model gives each class over the target", value.shared ? known : "."];
    const marks = [el("i.solid"), term("shared", "shared"), el("i.hatched"), term("source-only class", "source-only")];
    const chosen = value.classes.indexOf(selection.class);
    const said = value.task.models.map(({ name: model, title }) => `${title} ${percent(value.weights[model][chosen])}`);
    return el(
      "section",
      el("h2", term("class weight", "Class weights")),
      el("p.isra-honest", note, " They are those of the finished models."),
      value.task.models.map((model) => classWeights(model, columns, highest)),
      el("div.isra-key", value.shared ? marks : [], chosen >= 0 && el("span", `${name(chosen)}: ${said.join(", ")}`)),
      overTraining(value, { shared: value.shared, name, chosen }),
    );
  }

  // ---- one mini-batch ----
  function image(i) {
    const { task } = value;
    const row = batch.rows[i];
    const widest = Math.max(...batch.weight);
    const label = name(value.labels[row]);
    const said = `weight ${batch.weight[i].toFixed(2)}, entropy ${batch.entropy[i].toFixed(2)}`;
    const chosen = value.classes[value.labels[row]] === selection.class;
    return el(
      `button.isra-neighbour.isra-weighed${chosen ? ".chosen" : ""}`,
      opener(task, row, `Open image ${row}, ${label}, ${said}`),
      thumb(row, task.sprites, 52),
      el("span", label),
      el("i", { vars: { "--p": batch.weight[i] / widest } }),
      el("small", `w ${batch.weight[i].toFixed(2)} · H ${batch.entropy[i].toFixed(2)}`),
    );
  }
  function domain(which) {
    const places = batch.rows.map((_, i) => i).filter((i) => batch.target[i] === (which === "target"));
    places.sort((a, b) =>
      order === "weight" ? batch.weight[b] - batch.weight[a] : batch.entropy[a] - batch.entropy[b],
    );
    const title = el("h3", domainMark(which), value.task[which]);
    return el("div", title, el("div.isra-weighed-images", places.map(image)));
  }
  function topics() {
    if (!batch.topics.length) return el("p.isra-honest", "This model has no topics: choose one with ISRA.");
    const [width, height] = [batch.topics.length * CELL, batch.rows.length * CELL];
    const about = "Strength of each topic (across) in each image of the mini-batch (down), source above target";
    const canvas = el("canvas", { width, height });
    paint(canvas, batch.strengths, CELL, (score) => score / WIDEST / 2 + 0.5);
    const cursor = el("i.isra-cell-cursor", { hidden: true });
    const label = `${about}: arrow keys move, Enter opens the topic`;
    const plane = el("div.isra-cells", { tabindex: "0", role: "application", "aria-label": label }, canvas, cursor);
    const said = el("p.isra-honest", { role: "status" }, "Point at a cell to read it; choose one to open its topic.");
    const size = [batch.rows.length, batch.topics.length];
    let at = [0, 0];
    const place = (event) => cellAt(event, canvas.getBoundingClientRect(), size);
    const tell = ([y, x]) => {
      said.textContent = `Topic ${batch.topics[x]}, ${name(value.labels[batch.rows[y]])}: ${batch.strengths[y][x].toFixed(1)} σ`;
    };
    const mark = (cell) => {
      at = cell;
      cursor.hidden = false;
      Object.assign(cursor.style, { left: `${at[1] * CELL - 1}px`, top: `${at[0] * CELL - 1}px` });
      tell(at);
    };
    const open = ([, x]) => choose({ topic: batch.topics[x], tab: "explorer" });
    plane.addEventListener("mousemove", (event) => tell(place(event)));
    plane.addEventListener("click", (event) => open(place(event)));
    plane.addEventListener("focus", () => plane.matches(":focus-visible") && mark(at));
    plane.addEventListener("keydown", (event) => {
      if (event.key === "Enter") return open(at);
      const next = stepTo(event.key, at, size);
      if (!next) return;
      event.preventDefault();
      event.stopPropagation(); // arrows outside of it go to another mini-batch
      mark(next);
    });
    return [el("div.isra-weight-topics", plane), said];
  }
  function miniBatch() {
    const models = value.task.models.map(({ name, title, about }) => ({ key: name, text: title, about }));
    const turn = (text, by) => quiet(by < 0 ? "←" : "→", () => step(by), { "data-key": text, "aria-label": text });
    const bar = el(
      "div.isra-weight-controls",
      turn("Previous mini-batch", -1),
      el("strong", { "aria-live": "polite" }, `${number + 1} of ${value.count}`),
      turn("Next mini-batch", 1),
      segments("Model", models, chosenModel(), (model) => choose({ model })),
      segments("Order", ORDERS, order, (key) => ((order = key), render())),
    );
    const keys = (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) step(by);
    };
    const note = [
      "How much each image counts in the adversarial loss: ",
      term("sample weight", "its weight w"),
      ", from its ",
      term("entropy", "entropy H"),
      "; drawn of the stored predictions of the finished model.",
    ];
    return el(
      "section.isra-mini-batch",
      { onkeydown: keys },
      el("div.isra-headline", el("h2", "One mini-batch"), bar),
      el("p.isra-honest", note),
      el("div.isra-weight-batch", domain("source"), domain("target")),
      el("h3", term("strength", "Topics"), " that differ most in it"),
      topics(),
    );
  }

  function render() {
    redraw(element, el("div.isra-weights", allClasses(), miniBatch()));
  }
  onChoice(["class", "model"], (keys) => {
    if (!value) return;
    if (keys.includes("model")) trigger("step", asked());
    render();
  });
  on("theme", () => value && render());
  on("batch", (found) => {
    if (!value || Object.entries(asked()).some(([key, wanted]) => found.of[key] !== wanted)) return;
    batch = found;
    render();
  });
  const draw = (next) => {
    value = next;
    batch = next.batch;
    number = 0;
    render();
    if (chosenModel() !== batch.of.model) trigger("step", asked());
  };
  return Object.assign(draw, { chosen: () => ({ model: chosenModel(), number }) });
};

// Mini-batches come through a panel of their own, so that the view's value stays as it is.
export const batch = () => (value) => emit("batch", value);
