// Class weights over training, as far as a model's log has them.
import { el, svg } from "./dom.js";
import { percent } from "./format.js";

const [WIDE, HIGH, LEFT, BOTTOM] = [420, 130, 34, 18];

const pointsOf = ({ steps, weights }, label, highest) => {
  const last = steps.at(-1);
  const x = (step) => LEFT + ((WIDE - LEFT - 4) * step) / last;
  const y = (weight) => HIGH - BOTTOM - ((HIGH - BOTTOM - 6) * weight) / highest;
  return steps.map((step, i) => `${x(step).toFixed(1)},${y(weights[i][label]).toFixed(1)}`).join(" ");
};

// The weight on source-only classes at the first and the last evaluation.
export function leaked({ weights }, shared) {
  const sum = (at) => at.reduce((total, weight, label) => total + (shared[label] ? 0 : weight), 0);
  return [sum(weights[0]), sum(weights.at(-1))];
}

function figure(title, history, { shared, name, chosen }) {
  const highest = Math.max(...history.weights.flat());
  const labels = history.weights[0].map((_, label) => label).sort((a, b) => (a === chosen) - (b === chosen));
  const line = (label) => {
    const kind = label === chosen ? "chosen" : !shared || shared[label] ? "shared" : "only";
    const drawn = { points: pointsOf(history, label, highest), class: kind };
    return svg("polyline", drawn, svg("title", name(label)));
  };
  const text = (x, y, anchor, words) => svg("text", { x, y, "text-anchor": anchor }, words);
  const [first, last] = shared ? leaked(history, shared) : [];
  const about = shared && `${percent(first)} on source-only classes at first, ${percent(last)} at last`;
  const drawing = {
    viewBox: `0 0 ${WIDE} ${HIGH}`,
    role: "img",
    "aria-label": `Class weights of ${title} over training`,
  };
  return el(
    "figure.isra-weight-history",
    el("figcaption", el("strong", title), about && el("small", about)),
    svg(
      "svg",
      drawing,
      svg("path", { d: `M${LEFT} 6 V${HIGH - BOTTOM} H${WIDE - 4}` }),
      labels.map(line),
      text(LEFT - 4, 12, "end", percent(highest)),
      text(LEFT - 4, HIGH - BOTTOM, "end", "0"),
      text(WIDE - 4, HIGH - 4, "end", `step ${history.steps.at(-1)}`),
    ),
  );
}

export function overTraining(value, look) {
  const drawable = (model) => value.history[model]?.steps.length > 1;
  const [kept, lacking] = [true, false].map((has) => value.task.models.filter(({ name }) => drawable(name) === has));
  const names = lacking.map(({ title }) => title).join(", ");
  const missing = `${names}: the log holds no class weights. Models trained from now on keep them at each evaluation.`;
  return [
    el("h3.isra-weight-over", "Over training"),
    el(
      "div.isra-weight-histories",
      kept.map(({ name, title }) => figure(title, value.history[name], look)),
    ),
    lacking.length > 0 && el("p.isra-honest", missing),
  ];
}
