// The heat map of class similarity, and the pairs of images behind the cell that is chosen.
import { cellAt, paint, stepTo } from "./cells.js";
import { css, ramp } from "./colours.js";
import { domainMark, el, svg, term, thumb } from "./dom.js";
import { words } from "./format.js";
import { selection, toggleClass } from "./selection.js";
import { opener } from "./server.js";

const SIDE = 15;

// The target's classes, then those that only the source has, each in the order of their names.
export function columnOrder({ sources, targets }, shared) {
  const isShared = (index) => (shared ? shared[index] : targets.includes(index));
  return [...sources.filter(isShared), ...sources.filter((index) => !isShared(index))];
}

export function heat(value, model, { cell, found, openCell }) {
  const matrix = value.similarity[model];
  const { sources, targets } = matrix;
  const columns = columnOrder(matrix, value.shared);
  const of = new Map(sources.map((label, place) => [label, place]));
  const rows = matrix.hundredths.map((row) => columns.map((label) => row[of.get(label)]));
  const isShared = (label) => !value.shared || value.shared[label];
  const name = (label) => words(value.classes[label]);
  const at = { row: Math.max(targets.indexOf(cell?.target), 0), column: Math.max(columns.indexOf(cell?.source), 0) };

  const canvas = el("canvas", { width: columns.length * SIDE, height: targets.length * SIDE });
  paint(canvas, rows, SIDE, (hundredths) => (hundredths / 100 + 1) / 2);
  const cursor = el("i.isra-cell-cursor", { hidden: !cell });
  const said = el("p.isra-heat-said", { "aria-live": "polite" });
  const plane = el("div.isra-heat-plane", {
    tabindex: "0",
    role: "application",
    "aria-label": "Class similarity: arrow keys move, Enter shows the closest images",
  });
  plane.append(canvas, cursor);

  function tell(row, column) {
    const [target, source] = [targets[row], columns[column]];
    const kind = isShared(source) ? "" : ", source-only";
    said.textContent = `${name(target)} in the target, ${name(source)} in the source${kind}: ${(rows[row][column] / 100).toFixed(2)}`;
  }
  function mark(row, column) {
    Object.assign(at, { row, column });
    Object.assign(cursor.style, { left: `${column * SIDE - 1}px`, top: `${row * SIDE - 1}px` });
    cursor.hidden = false;
    tell(row, column);
  }
  const size = [targets.length, columns.length];
  const place = (event) => cellAt(event, canvas.getBoundingClientRect(), size);
  plane.addEventListener("mousemove", (event) => tell(...place(event)));
  plane.addEventListener("mouseleave", () => (cell ? tell(at.row, at.column) : (said.textContent = "")));
  plane.addEventListener("click", (event) => {
    const [row, column] = place(event);
    openCell(columns[column], targets[row]);
  });
  plane.addEventListener("keydown", (event) => {
    if (event.key === "Enter") return openCell(columns[at.column], targets[at.row]);
    const next = stepTo(event.key, [at.row, at.column], size);
    if (!next) return;
    event.preventDefault();
    mark(...next);
  });
  if (cell && targets.includes(cell.target)) mark(at.row, at.column);
  plane.dataset.key = "heat";

  const press = (label) => {
    const chosen = value.classes[label] === selection.class;
    const state = { type: "button", "data-key": `row ${label}`, "aria-pressed": String(chosen) };
    return el("button", { ...state, onclick: () => toggleClass(value.classes[label]) }, name(label));
  };
  const heads = svg(
    "svg",
    { width: columns.length * SIDE, height: 92, "aria-hidden": "true" },
    columns.map((label, x) => {
      const turn = `translate(${x * SIDE + 11} 88) rotate(-60)`;
      const kind = isShared(label) ? "shared" : "unshared";
      const chosen = value.classes[label] === selection.class ? " chosen" : "";
      return svg("text", { transform: turn, class: `${kind}${chosen}` }, name(label).slice(0, 16));
    }),
  );
  const band = el(
    "div.isra-heat-band",
    { "aria-hidden": "true" },
    columns.map((label) => el(isShared(label) ? "i.solid" : "i.hatched")),
  );
  const names = el("div.isra-heat-rows", targets.map(press));
  const map = el("div.isra-heat", names, el("div", heads, band, plane));
  return el("div.isra-similarity", el("div", map, said, legend(value)), pairsOf(value, cell, found, name, isShared));
}

function legend(value) {
  const colour = ramp("signed");
  const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => css(colour(share))).join(", ");
  const scale = [
    el("span", "−1"),
    el("i.isra-heat-scale", { style: { background: `linear-gradient(90deg, ${stops})` } }),
    el("span", "1"),
  ];
  const marks = [el("i.solid"), term("shared", "shared"), el("i.hatched"), term("source-only class", "source-only")];
  return el("div.isra-key", scale, value.shared ? marks : []);
}

function pairsOf(value, cell, found, name, isShared) {
  if (!cell) return el("aside.isra-pairs", el("p.isra-empty", "Choose a cell: its closest images stand here."));
  const { task } = value;
  const image = (row) =>
    el("button.isra-neighbour", opener(task, row, `Open image ${row}`), thumb(row, task.sprites, 72));
  const pair = ([source, target, distance]) =>
    el("div.isra-class-pair", image(source), el("small", distance.toFixed(2)), image(target));
  const head = el(
    "div.isra-class-pair",
    el("h3", domainMark("source"), name(cell.source)),
    el("small", term("distance", "distance")),
    el("h3", domainMark("target"), name(cell.target)),
  );
  const kind = isShared(cell.source) ? null : el("p.isra-honest", `${name(cell.source)} is source-only.`);
  const none = el("p.isra-honest", "There are no images of these two.");
  const body = found ? (found.length ? found.map(pair) : none) : el("p.isra-honest", "Looking for the closest …");
  return el("aside.isra-pairs", head, kind, body);
}
