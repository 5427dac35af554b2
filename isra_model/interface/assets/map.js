// The tab Map: the rail of controls, and what visitor, server and figure tell each other.
import { choiceOf, domainMark, el, quiet, segments, term } from "./dom.js";
import { emit, last, on } from "./events.js";
import { isShown, openRow } from "./server.js";
import { choose, onChoice, selection } from "./selection.js";
import { MapPlot } from "./map-plot.js";
import { MapHover } from "./map-hover.js";
import { MapPictures } from "./map-pictures.js";
import { playTraining } from "./map-play.js";
import terms from "./terms.js";

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS_HELP =
  "Map of source and target images. Arrow keys go from image to image, Enter opens one, " +
  "plus and minus zoom; the images around it stand in the list beside the map.";
const MAPS = [
  { key: "umap", text: "UMAP", about: terms.umap },
  { key: "tsne", text: "t-SNE", about: terms.tsne },
];
const DRAGS = [
  { key: "lasso", text: "Select" },
  { key: "zoom", text: "Zoom" },
  { key: "pan", text: "Move" },
];
const COLOURS = {
  topic: "topic response",
  overlap: "neighbours kept (overlap)",
  "torn apart": "neighbours torn apart",
};
const GROUPS = [
  ["Who they are", ["domain", "class", "prediction", "correct"]],
  ["What counts", ["class weight", "sample weight", "topic"]],
  ["What changed", ["prediction changed", "neighbours changed"]],
  ["Where this map is wrong", ["overlap", "torn apart"]],
];
const [AROUND, ZOOMS] = [12, { "+": 0.7, "=": 0.7, "-": 1 / 0.7 }];

export const map = ({ element, trigger }) => {
  const state = { map: "umap", colour: "domain", topic: 0, against: null };
  const parts = { legend: el("div"), honesty: el("div"), caption: el("small.isra-step"), play: null };
  let value = null,
    selected = null,
    cursor = null,
    run = null;

  const plot = new MapPlot({
    open,
    lasso,
    release,
    attached: keyboard,
    hover: (row, m) => hover.showAtPoint(row, m),
    leave: () => hover.hide(),
    moving: () => pictures.clear(),
    drawn: () => pictures.refresh(),
  });
  const hover = new MapHover(plot);
  const pictures = new MapPictures(plot);
  const stars = () => value.stars?.[value.drawn.map] ?? [];

  // ---- what the visitor does on the figure ----
  function open(row) {
    if (!isShown(value.task, row)) return hover.refuse();
    hover.hide();
    openRow(value.task, row);
  }
  function select(rows) {
    selected = rows;
    plot.select(rows);
  }
  function lasso(rows, m) {
    select(rows);
    trigger("lasso", { task: value.task.name, rows, model: plot.models[m].name });
  }
  function release() {
    cursor = null;
    hover.hide();
    plot.eraseLassos();
    select(null);
  }
  function zoom(m, factor) {
    const { left, top, width, height } = plot.frame(m);
    const box = plot.graph.getBoundingClientRect();
    const [x, y] = cursor == null ? [left + width / 2, top + height / 2] : plot.position(cursor, m);
    hover.hide();
    plot.zoom(m, ...(cursor == null ? [x, y] : [x - box.left, y - box.top]), factor);
  }
  // An image and those around it on a map, for those who do not see it.
  function near(row, m) {
    const { classes, labels, target } = value.points;
    const name = (each) => (labels[each] < 0 ? "no label" : classes[labels[each]]);
    const described = (each) => ({ row: each, name: name(each), domain: target[each] ? "target" : "source" });
    const rows = plot.around(row, m, AROUND).map(described);
    return { kind: "near", task: value.task, model: plot.models[m].title, of: described(row), rows };
  }
  // Arrow keys go to the nearest image in that direction, Enter opens it, Escape lets go.
  function keyboard(graph) {
    graph.tabIndex = 0;
    graph.setAttribute("role", "application");
    graph.setAttribute("aria-label", KEYS_HELP);
    graph.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && cursor != null) return open(cursor);
      if (event.key === "Escape") return release();
      const m = plot.focus ?? plot.models.length - 1;
      if (event.key in ZOOMS) return zoom(m, ZOOMS[event.key]);
      if (!(event.key in WAYS)) return;
      event.preventDefault();
      cursor = plot.next(cursor, WAYS[event.key], m);
      hover.show(cursor, ...plot.position(cursor, m));
      emit("near", near(cursor, m));
    });
  }

  // ---- the rail ----
  const ask = () => trigger("restyle", { task: value.task.name, ...state });
  const stop = () => run && Object.assign(run, { stop: true, left: true });

  const set = (change) => choose(change, { aside: true });
  const lastTopic = () => Math.max(0, value.topics - 1);

  // How the selection would have the map drawn.
  function wanted() {
    const colour = value.colourBy.includes(selection.colour) ? selection.colour : "domain";
    const topic = colour === "topic" ? Math.min(selection.topic ?? 0, lastTopic()) : 0;
    const against = (value.task.models.find(({ name }) => name === selection.against) ?? value.task.models[0]).name;
    return { map: selection.map === "tsne" ? "tsne" : "umap", colour, topic, against };
  }
  function follow() {
    const next = wanted();
    if (Object.keys(next).every((key) => next[key] === state[key])) return;
    if (next.map !== state.map) {
      stop();
      value.frames = null;
    }
    Object.assign(state, next);
    ask();
  }
  function focus() {
    const m = plot.models.findIndex(({ name }) => name === selection.models);
    return m < 0 ? null : m;
  }
  // The images of the class that is chosen, if it is one of the gallery's.
  function rowsOfClass() {
    const { classes, labels } = value.points;
    const index = classes.indexOf(selection.class);
    return index < 0 ? null : labels.flatMap((label, row) => (label === index ? [row] : []));
  }
  async function play() {
    if (run) return (run.stop = true);
    if (!value.frames) return trigger("frames", { task: value.task.name, map: state.map });
    run = { stop: false, left: false };
    parts.play.textContent = "Stop";
    pictures.pause(true);
    await playTraining(plot, value.frames, run, (text) => (parts.caption.textContent = text));
    parts.play.textContent = "Play the training";
    pictures.pause(false);
    run = null;
  }

  const isChange = (colour) => colour.endsWith(" changed");
  function colourChoice(topic, against) {
    const option = (name) => el("option", { value: name, selected: name === state.colour }, COLOURS[name] ?? name);
    const change = (event) => {
      topic.hidden = event.target.value !== "topic";
      against.hidden = !isChange(event.target.value);
      set({ colour: event.target.value });
    };
    const group = ([label, names]) => {
      const known = names.filter((name) => value.colourBy.includes(name));
      return known.length && el("optgroup", { label }, known.map(option));
    };
    const select = el("select", { "aria-label": "Colour by", onchange: change }, GROUPS.map(group).filter(Boolean));
    return el("label.isra-stack", el("span", "Colour by"), select);
  }

  function againstChoice() {
    const models = plot.models.map(({ name, title }) => [name, title]);
    const select = choiceOf("Compared with", models, state.against, (against) => set({ against }));
    return el("label.isra-stack", { hidden: !isChange(state.colour) }, el("span", "from this model"), select);
  }

  function topicChoice() {
    const change = (event) =>
      set({ topic: Math.max(0, Math.min(lastTopic(), Math.round(Number(event.target.value)) || 0)) });
    const limits = { type: "number", min: "0", max: String(lastTopic()), value: String(selection.topic ?? 0) };
    const input = el("input", { ...limits, "aria-label": "Topic", onchange: change });
    return el("label.isra-row", { hidden: state.colour !== "topic" }, el("span", "topic j"), input);
  }

  function legend({ kind, entries, colours, low, high }) {
    const label = (number) => el("small", number.toPrecision(2));
    if (kind === "scale") {
      const scale = el("i.scale", { style: { background: `linear-gradient(to right, ${colours.join(",")})` } });
      const { colour } = value.drawn;
      const explained = term(colour, COLOURS[colour] ?? colour);
      const grey = el("small", "grey: the model that the others are compared with");
      return el("div.isra-legend", scale, el("div", label(low), explained, label(high)), isChange(colour) && grey);
    }
    const dot = ({ symbol, colour }) => el(`i.dot${symbol === "open" ? ".open" : ""}`, { vars: { "--c": colour } });
    const isDomain = ({ symbol }) => symbol === "source" || symbol === "target";
    const mark = (entry) => (isDomain(entry) ? domainMark(entry.symbol) : dot(entry));
    const item = (entry) => el("span", mark(entry), entry.name);
    return el("div.isra-legend", entries.map(item));
  }

  function honesty() {
    const overlaps = value.overlap[value.drawn.map];
    const overlap = ({ name, title }) => el("span", `${title} ${overlaps[name].toFixed(2)}`);
    const kept = [term("overlap", "Neighbour overlap"), " on this map: ", plot.models.map(overlap)];
    const where = quiet("Show where", () => set({ colour: "overlap" }));
    const note = el("p.isra-honest.isra-overlaps", kept, " 1 would be a map without distortion. ", where);
    if (!stars().some((star) => star.off_map)) return [note];
    const far = term("off the map", "▲ Off the map");
    return [note, el("p.isra-warning", far, ": your image is unlike any training image; its star is only a guess.")];
  }

  function build() {
    const [topic, against] = [topicChoice(), againstChoice()];
    const heading = (text) => el("div.isra-stack", el("span", text));
    const models = plot.models.map(({ title, about }, m) => ({ key: m, text: title, about }));
    parts.play = quiet("Play the training", play);
    const still = plot.models.filter(({ name }) => !value.playable.includes(name)).map(({ title }) => title);
    if (still.length) parts.play.dataset.tip = `${still.join(" and ")} kept no snapshots, so their maps stand still.`;
    const rail = [
      segments("Map", MAPS, state.map, (name) => set({ map: name })),
      colourChoice(topic, against),
      topic,
      against,
      parts.legend,
      heading("Models"),
      segments("Models", [{ key: null, text: "All" }, ...models], plot.focus, (m) =>
        set({ models: plot.models[m]?.name ?? null }),
      ),
      heading("Drag to"),
      segments("Drag to", DRAGS, "lasso", (mode) => plot.dragTo(mode)),
      el(
        "div.isra-buttons",
        quiet("Reset view", () => plot.resetView()),
        value.playable.length > 0 && parts.play,
        parts.caption,
      ),
      el(
        "p.isra-honest",
        "Zoom in, by dragging or with Ctrl and the wheel: 60 points or fewer in view show their images.",
      ),
      parts.honesty,
    ];
    element.replaceChildren(el("div.isra-rail", rail));
    refresh();
  }
  function refresh() {
    parts.legend.replaceChildren(legend(value.colouring.legend));
    parts.honesty.replaceChildren(...honesty());
  }

  // ---- what the server and the other panels say ----
  function dress() {
    plot.recolour(value.colouring.updates);
    if (value.geometry) plot.move(value.geometry);
    plot.star(stars());
    plot.select(selected);
  }
  // What the rail no longer asks for: an answer of the checkpoint before, or to a choice that was changed.
  const isLate = (of) => Object.entries(of).some(([key, was]) => was !== { ...state, task: value.task.name }[key]);
  function change({ of, ...next }) {
    if (!value || (of && isLate(of))) return;
    const elsewhere = next.geometry && of.map !== value.drawn.map;
    value = { ...value, ...next };
    if (next.geometry) value.drawn = of;
    refresh();
    if (next.colouring) plot.recolour(next.colouring.updates);
    if (next.geometry) plot.move(next.geometry);
    if (elsewhere) plot.resetView();
    plot.star(stars());
    if (next.frames && !run) play();
  }
  on("map", change);
  on("stars", (placed) => change({ stars: placed }));
  on("theme", () => plot.arrange());
  on("hover", ({ row, x, y }) => (row == null ? hover.hide() : hover.show(row, x, y)));
  on("highlight", (rows) => {
    release();
    select(rows);
  });
  onChoice(["map", "colour", "topic", "against"], () => value && follow());
  onChoice(["class"], () => value && select(rowsOfClass()));
  onChoice(["models"], () => {
    plot.focus = focus();
    plot.arrange();
  });
  on("travelled", () => value && build());

  return (next) => {
    stop();
    value = { ...next, drawn: next.state, stars: last.stars ?? next.stars };
    cursor = null;
    selected = rowsOfClass();
    Object.assign(state, next.state);
    hover.describe(value);
    pictures.describe(value);
    plot.models = value.task.models;
    plot.focus = focus();
    plot.expect(value.task.name, plot.models, dress);
    follow();
    build();
  };
};
