// How far to believe a topic's mask: deletion and insertion against random masks, and the topic taken out of the features.
import { el, svg, term } from "./dom.js";
import { percent, signed, words } from "./format.js";

const [WIDTH, HEIGHT, EDGE] = [220, 104, 6];
const KINDS = { deletion: ["Deletion", "pixels removed →"], insertion: ["Insertion", "pixels shown →"] };

// `of`: "" for the class's probability, "topic_" for the topic's own value.
function curve(score, of, kind, show) {
  const keys = Object.keys(KINDS).flatMap((name) => [`${of}${name}`, `random_${of}${name}`]);
  const top = Math.max(...keys.flatMap((key) => score[key]), 1e-9);
  const x = (share) => EDGE + share * (WIDTH - 2 * EDGE);
  const y = (value) => HEIGHT - EDGE - (value / top) * (HEIGHT - 2 * EDGE);
  const point = (value, i) => `${x(score.fractions[i]).toFixed(1)} ${y(value).toFixed(1)}`;
  const line = (key, kind) => svg("path", { d: `M${score[key].map(point).join(" L")}`, class: kind });
  const axis = (x2, y2) => svg("line", { x1: EDGE, y1: y(0), x2, y2, class: "axis" });
  const atEnd = kind === "deletion"; // where the curve is low
  const place = { x: atEnd ? WIDTH - EDGE : EDGE + 5, y: EDGE + 11, "text-anchor": atEnd ? "end" : "start" };
  const [title, below] = KINDS[kind];
  const drawing = svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}: this mask against random masks` },
    axis(WIDTH - EDGE, y(0)),
    axis(EDGE, y(top)),
    svg("text", { ...place, class: "tick" }, show(top)),
    line(`random_${of}${kind}`, "random"),
    line(`${of}${kind}`, "mask"),
  );
  return el("figure.isra-curve", el("figcaption", term(kind, title)), drawing, el("small", below));
}

function curves(score, of, show) {
  const pair = Object.keys(KINDS).map((kind) => curve(score, of, kind, show));
  return el("div.isra-curves", pair);
}

function ablation(score) {
  const widest = Math.max(Math.abs(score.logitChange), Math.abs(score.randomLogitChange), 1e-6);
  const bar = (text, change, kind, spread) => {
    const range = spread && el("small", ` ± ${spread.toFixed(2)}`);
    const number = el("b", signed(change), range);
    return el(
      `div.isra-change.${kind}`,
      { vars: { "--p": Math.abs(change) / widest } },
      el("span", text),
      el("i"),
      number,
    );
  };
  return [
    el("h3", el("span", term("ablation", "Ablated"), ": change of the logit")),
    bar("this mask", score.logitChange, "mask"),
    bar("shuffled", score.randomLogitChange, "random", score.randomLogitDeviation),
  ];
}

// `brief` leaves out the topic's own curves, where two topics stand side by side.
export const evidence = (index, score, brief) => {
  if (!score) return el("div.isra-evidence.waiting", el("p", `Measuring how faithful topic ${index} is …`));
  const heading = (level, key, text, number) => el(level, term(key, text), el("b", signed(number)));
  const label = el("strong", words(score.label));
  const own = [
    heading("h3", "topic faithfulness", "To the topic itself", score.topicAdvantage),
    curves(score, "topic_", (value) => value.toFixed(1)),
  ];
  return el(
    "div.isra-evidence",
    heading("h2", "faithfulness", `Faithfulness of topic ${index}`, score.advantage),
    el("p.isra-of", "to the prediction ", label),
    curves(score, "", percent),
    brief ? null : own,
    el("p.isra-key", el("i.line"), "this mask", el("i.line.dashed"), "random masks"),
    ablation(score),
  );
};
