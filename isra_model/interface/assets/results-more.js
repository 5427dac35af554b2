// In the view Results: the studies of ISRA's parts and settings, and what models recognise of what people bring.
import { el, term } from "./dom.js";
import { hear, on } from "./events.js";
import { drawFigure } from "./figure.js";
import { signed } from "./format.js";
import { openRuns } from "./results.js";
import { ABOUT_GAINS, cells, link, table } from "./results-tables.js";
import { share } from "./share.js";

export const more = ({ element }) => {
  let figure = null;
  const curves = () =>
    figure && drawFigure("plot-sensitivity", figure, (name) => openRuns(`sensitivity:${name}`), ofTheirOwn);
  function draw(value) {
    const line = el("div");
    share({ element: line })(value.share);
    element.replaceChildren(el("div.isra-results", studies(value.studies), strangers(value.strangers), line));
    figure = value.sensitivity;
    curves();
  }
  hear("recorded", draw);
  on("theme", curves);
  return () => {};
};

// ---- studies ----

const SHRINKS =
  "Office-Caltech, all twelve tasks. L_a falls when features shrink, and what ISRA costs goes with that: the norm of " +
  "the target's features is given as a share of BA3US's own.";

const HEAD = ["variant", "runs", "gain over BA3US alone", "held-out", "1000 L_a", "norm", "receptor R²", "dead topics"];

const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

function studies({ sensitivity, ablations, "photographs-ablations": photographs }) {
  return [
    sensitivity &&
      el(
        "details",
        el("summary", "These curves as numbers, each with its runs"),
        outcomes("isra-sensitivity", sensitivity, "settings, as numbers"),
      ),
    ablations &&
      el(
        "section",
        el("h2", "What each part is worth"),
        el("p.isra-honest", "One choice taken away or exchanged at a time. ", ABOUT_GAINS),
        outcomes("isra-ablations", ablations, "variants"),
      ),
    photographs &&
      el(
        "section",
        el("h2", "The same on photographs"),
        el("p.isra-honest", SHRINKS),
        outcomes("isra-ablations-photographs", photographs, "variants, on photographs"),
      ),
  ];
}

function outcomes(kind, found, called) {
  const widest = Math.max(...found.flatMap(({ gain }) => (gain ?? []).map(Math.abs)), 1);
  const share = (points) => (points / widest + 1) / 2;
  const shown = ({ gain }) =>
    gain == null
      ? "–"
      : [
          el(
            "span.isra-interval.isra-around-zero",
            { vars: { "--p": share(gain[0]), "--low": share(gain[1]), "--high": share(gain[2]) } },
            el("i"),
            el("b"),
          ),
          el("strong", signed(gain[0], 1)),
          el("small", ` (${signed(gain[1], 1)} to ${signed(gain[2], 1)})`),
        ];
  const number = (value, digits) =>
    value == null ? "–" : value < 10_000 ? value.toFixed(digits) : COMPACT.format(value);
  const line = (one) =>
    el(
      "tr",
      el("th", { scope: "row" }, link(one.name, one.of)),
      cells([
        one.failed ? `${one.runs}, ${one.failed} failed` : String(one.runs),
        shown(one),
        one.heldout ?? "–",
        number(one.alignment, 2),
        one.norm == null ? "–" : `${number(one.norm, 0)} %`,
        number(one.r2, 2),
        one.dead == null ? "–" : `${Math.round(100 * one.dead)} %`,
      ]),
    );
  return table(kind, HEAD, found.map(line), called);
}

// One panel a setting, each on a scale of its own; side by side, or below each other where it is narrow.
function ofTheirOwn(layout, narrow) {
  const names = Object.keys(layout).filter((name) => name.startsWith("xaxis"));
  const count = names.length;
  const arranged = { ...layout, height: narrow ? 210 * count : 300, margin: { l: 56, r: 8, t: 30, b: 40 } };
  const across = (place) => (narrow ? [0, 1] : [place / count + (place ? 0.04 : 0), (place + 1) / count]);
  const down = (place) => (narrow ? [1 - (place + 1) / count + 0.09, 1 - place / count - 0.02] : [0, 1]);
  names.forEach((name, place) => {
    const y = name.replace("x", "y");
    arranged[name] = { ...layout[name], domain: across(place) };
    arranged[y] = { ...layout[y], domain: down(place), matches: null, showticklabels: true };
    arranged[y].title = { text: narrow || place === 0 ? "gain, points" : "" };
  });
  const middle = ([low, high]) => (low + high) / 2;
  const titles = layout.annotations.map((note, place) => ({ ...note, x: middle(across(place)), y: down(place)[1] }));
  return { ...arranged, annotations: titles };
}

// ---- what people bring ----

const SCALES = 100;

function strangers(kinds) {
  if (!kinds.length) return null;
  const note = [
    "Share of images whose class is the first guess, with ",
    term("wilson", "Wilson's 95 % interval"),
    "; behind it, in brackets, among the first three. No training saw these images. Choose a bar for its record.",
  ];
  return el(
    "section",
    el("h2", "What the shipped models recognise of what people bring"),
    el("p.isra-honest", note),
    el("div.isra-strangers", kinds.map(kindOf)),
  );
}

function kindOf({ kind, tasks }) {
  const images = [...new Set(tasks.flatMap(({ models }) => models.map((model) => model.images)))].sort((a, b) => a - b);
  const counted = images.length > 1 ? `${images[0]} to ${images.at(-1)} images` : `${images[0]} images`;
  return el("article", el("h3", kind, el("small", counted)), tasks.map(taskOf));
}

function taskOf({ task, models }) {
  const bar = ({ of, model, percent, interval: [low, high], three }) => {
    const vars = { "--p": percent / SCALES, "--low": low / SCALES, "--high": high / SCALES };
    const kind = model === "Source-only" ? "hatched" : "solid";
    const said = `${model}, ${task}: ${percent.toFixed(1)} %, interval ${low.toFixed(0)} to ${high.toFixed(0)}`;
    return el(
      "button.isra-recognised",
      { type: "button", "data-key": of, "aria-label": `${said}. Show its record`, onclick: () => openRuns(of) },
      el("span", model),
      el("span.isra-share-bar", { vars }, el(`i.${kind}`), el("b")),
      el("strong", `${percent.toFixed(0)} %`),
      el("small", `${low.toFixed(0)}–${high.toFixed(0)} (${three.toFixed(0)})`),
    );
  };
  return el("div.isra-recognised-task", el("h4", task), models.map(bar));
}
