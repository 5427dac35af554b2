// In the view Results: the comparisons as numbers, and the accuracies, models down and tasks across.
import { stepTo } from "./cells.js";
import { el, redraw, segments, tableOf, term } from "./dom.js";
import { hear } from "./events.js";
import { signed } from "./format.js";
import { measureOf, openRuns } from "./results.js";
import { choose, onChoice, selection } from "./selection.js";

const [FULL, STRONGEST] = [12, 34]; // points from the baseline at which a cell is as coloured as it gets, in per cent

export const tables = ({ element }) => {
  let value = null;
  const at = [0, 0]; // the cell that Tab goes to

  const chosen = () => value.tables.find(({ name }) => name === selection.table) ?? value.tables[0];

  // ---- comparisons ----
  function gains() {
    const { rows } = value.gains[measureOf(value)];
    const head = ["comparison", "difference (95 % interval)", "over", "Wilcoxon p", "by task p"];
    const name = ({ of, label }) => (of ? link(label, of) : label);
    const line = (row) =>
      el("tr", el("th", { scope: "row" }, name(row)), cells([row.gain, row.counts, row.wilcoxon, row.byTask]));
    const note = [
      "A difference is between two runs of one task and seed. ",
      term("task interval", "Intervals"),
      " and the last p draw whole tasks; p-values are not corrected for their number.",
    ];
    return el("section", el("p.isra-honest", note), table("isra-gains", head, rows.map(line)));
  }

  // ---- accuracies ----
  function matrix() {
    const shown = chosen();
    const measure = shown.cells[measureOf(value)] ? measureOf(value) : "accuracy";
    const tables = value.tables.map(({ name, title }) => ({ key: name, text: title }));
    const pick = segments("Table", tables, shown.name, (name) => choose({ table: name }));
    const { about } = value.measures.find(({ key }) => key === measure);
    return el(
      "section",
      el("div.isra-headline", el("h2", "Accuracy on the target, in per cent"), pick),
      el("p.isra-honest", shown.seeds ? `${shown.about}${about}. ${HOW}` : shown.about),
      grid(shown, measure),
      el("div.isra-key.isra-tints", legend(shown)),
    );
  }
  function grid(shown, measure) {
    const rows = shown.cells[measure];
    const baseline = rows[shown.baseline];
    at[0] = Math.min(at[0], rows.length - 1);
    at[1] = Math.min(at[1], shown.columns.length - 1);
    const head = ["model", ...shown.columns, ...(shown.beside ? ["paper, Office-Home"] : [])];
    const line = (model, r) => {
      const said = [model.title, model.saw && el("sup", { title: SAW }, "†")];
      const beside = shown.beside && el("td.beside", shown.beside[r]?.toFixed(2) ?? "–");
      return el(
        "tr",
        el("th", { scope: "row" }, said),
        rows[r].map((cell, c) => entry(shown, r, c, cell, baseline?.[c])),
        beside,
      );
    };
    const made = table("isra-matrix", head, shown.models.map(line));
    made.addEventListener("keydown", (event) => walk(event, [rows.length, shown.columns.length]));
    return made;
  }
  function entry(shown, r, c, cell, baseline) {
    const [mean, deviation, runs, failed, place] = cell;
    if (mean == null && !failed) return el("td", "–");
    const ahead = baseline?.[0] == null || r === shown.baseline || mean == null ? 0 : mean - baseline[0];
    const strength = Math.min(Math.abs(ahead) / FULL, 1) * STRONGEST;
    const kind = ["", "best", "second"][place] || null;
    const lines = shown.seeds
      ? [
          el("span", { class: kind }, mean?.toFixed(1) ?? "failed"),
          el("small", spread(deviation, runs, failed, shown.seeds)),
        ]
      : el("span", mean.toFixed(2));
    const vars = { "--tint": `${strength}%`, "--hue": ahead < 0 ? "var(--target)" : "var(--source)" };
    if (!shown.seeds) return el("td", { vars }, lines);
    const task = shown.tasks[c];
    const of = [shown.name, shown.models[r].name, ...(task ? [task] : [])].join(":");
    const told = `${shown.models[r].title}, ${shown.columns[c]}: ${mean?.toFixed(1) ?? "failed"}`;
    const tip = ahead ? `${told}; ${signed(ahead, 1)} from ${shown.models[shown.baseline].title}` : told;
    const isAt = r === at[0] && c === at[1];
    const state = {
      type: "button",
      tabindex: isAt ? "0" : "-1",
      "data-key": `${r},${c}`,
      "aria-label": `${tip}. Show its runs`,
    };
    return el("td", { vars }, el("button", { ...state, "data-tip": tip, onclick: () => openRuns(of) }, lines));
  }
  function walk(event, size) {
    const from = event.target.dataset.key?.split(",").map(Number);
    const next = from && stepTo(event.key, from, size);
    if (!next) return;
    event.preventDefault();
    const found = event.currentTarget.querySelector(`[data-key="${next.join(",")}"]`);
    if (!found) return;
    event.target.tabIndex = -1;
    found.tabIndex = 0;
    found.focus();
    [at[0], at[1]] = next;
  }

  function render() {
    const scroll = element.querySelector(".isra-matrix")?.scrollLeft ?? 0;
    redraw(element, el("div.isra-results", gains(), matrix(), value.sensitivity && curvesAbove()));
    element.querySelector(".isra-matrix").scrollLeft = scroll;
  }
  onChoice(["measure", "table"], () => value && render());
  hear("recorded", (found) => {
    value = found;
    render();
  });
  return () => {};
};

// What the curves are, which stand right below in a plot of Gradio's.
const curvesAbove = () =>
  el(
    "section",
    el("h2", "How much its settings matter"),
    el(
      "p.isra-honest",
      "α weighs the reconstruction, β the alignment, dₑ is the number of topics; each on a scale of its own. ",
      ABOUT_GAINS,
    ),
  );

export const ABOUT_GAINS =
  "Gains are in points over BA3US alone, transductive, on the same tasks and seeds with fixed features; a bar is " +
  "the 95 % interval over tasks, which four tasks leave too narrow. Choose a variant for its runs.";
const HOW = "Mean, standard deviation over seeds below. Choose a cell for its runs; arrow keys move.";
const SAW = "Its form was chosen with a look at target labels, as its file says";

function legend({ seeds, models, baseline }) {
  const said = (text) => el("span", text);
  const than = models[baseline]?.title;
  const coloured = [el("i"), said(`ahead of ${than}`), el("i.behind"), said("behind; the tint says by how much")];
  const places = [el("strong", "best"), el("u", "second best")];
  return [than && coloured, seeds > 0 && places, models.some(({ saw }) => saw) && said(`† ${SAW}.`)];
}

// "± 1.2", and how many seeds where not all of them are there.
export function spread(deviation, runs, failed, seeds) {
  const missing = runs < seeds ? [`${runs} of ${seeds}`] : [];
  const lost = failed ? [`${failed} failed`] : [];
  const said = deviation == null ? [] : [`± ${deviation.toFixed(1)}`];
  return [...said, ...missing, ...lost].join(", ");
}

export const link = (text, of) =>
  el("button.isra-open", { type: "button", "data-key": of, onclick: () => openRuns(of) }, text);

export const cells = (texts) => texts.map((text) => el("td", text));

// A table in a box of its own, in which it scrolls where it is wider than the page; what it is called is heard only.
export function table(kind, head, rows, called = head[0]) {
  return el(
    `div.isra-scroll.isra-recorded.${kind}`,
    { tabindex: kind === "isra-matrix" ? null : "0", role: "region", "aria-label": called },
    tableOf(head, rows),
  );
}
