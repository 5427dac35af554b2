// The view Adapt your own: what is brought, the job as it runs, and what it changed.
import { el, redraw, svg, term } from "./dom.js";
import { percent, words } from "./format.js";
import { on } from "./events.js";
import { lookAt, shownTask } from "./server.js";

const POLL_EVERY = 1000;
const NAMED = 8;
const LIMITS =
  "At most 500 images and 5 minutes. Nobody else sees your images; they are deleted after an hour, and nothing leaves this machine.";

const ADAPTED = "The other views show your adapted model now. To adapt again, choose another model above.";

export const adapt =
  ({ element }) =>
  ({ source, target, model, classes, own }) =>
    redraw(
      element,
      el("h2", {}, "Adapt a model to your own images"),
      own && el("p.isra-suited", {}, ADAPTED),
      el(
        "p.isra-lead",
        {},
        `Bring unlabelled images of things among the ${classes} classes. `,
        el("strong", {}, `${model}, ${words(source)} → ${words(target)}`),
        ", is adapted to them here: its filters stay, its normalisation is measured anew on your images where that makes its answers more telling, and its head is trained on. Another model: choose it above.",
      ),
      el("p.isra-honest", {}, LIMITS),
    );

const seconds = (left) => (left < 60 ? `about ${left} s left` : `about ${Math.ceil(left / 60)} min left`);
const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;

function curve(title, points, { from, to } = {}) {
  const [width, height] = [220, 70];
  const values = points.map((point) => point.value);
  const [low, high] = [Math.min(...values, from ?? Infinity), Math.max(...values, to ?? -Infinity)];
  const last = points[points.length - 1].step || 1;
  const place = ({ step, value }) =>
    `${((width - 4) * step) / last + 2},${height - 4 - ((height - 8) * (value - low)) / (high - low || 1)}`;
  const now = values[values.length - 1].toFixed(2);
  return el(
    "figure.isra-course",
    {},
    el("figcaption", {}, title, el("strong", {}, now)),
    svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${points.length} values, now ${now}` },
      svg("polyline", { points: points.map(place).join(" ") }),
    ),
  );
}

function curves({ entropy, losses }) {
  const names = Object.keys(losses[0] ?? {}).filter((name) => name !== "step");
  const series = (list, name) => list.map((point) => ({ step: point.step, value: point[name] }));
  return el(
    "div.isra-courses",
    {},
    entropy.length > 0 && curve(term("entropy", "entropy H(p) on your images"), series(entropy, "entropy")),
    names.map((name) => curve(`loss: ${words(name)}`, series(losses, name))),
  );
}

const sum = (counts) => Object.values(counts).reduce((total, each) => total + each, 0);

function named(counts) {
  const all = Object.entries(counts).map(([name, images]) => `${words(name)} (${images})`);
  const more = all.length - NAMED;
  return all.slice(0, NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function findings(value) {
  const [small, median, large] = value.sizes.map(([width, height]) => `${width} × ${height}`);
  const { known, unknown } = value.folders;
  const folders = Object.keys(known).length
    ? `${count(Object.keys(known).length, "class folder", "class folders")} with ${count(sum(known), "image", "images")}, used for accuracies only: ${named(known)}`
    : "no folder is called as a class of this model: no accuracy will be known";
  const others =
    sum(known) > 0 &&
    sum(unknown) > 0 &&
    `${count(sum(unknown), "image", "images")} in folders that are no class of this model: ${named(unknown)}`;
  const ignored = value.ignored.map((each) =>
    el("li", {}, `${count(each.count, "file", "files")} ignored, such as ${each.such_as}: ${each.reason}`),
  );
  const picture = (url) => el("img", { src: url, alt: "", width: 44, height: 44 });
  return [
    el("h3", {}, `${count(value.images, "image", "images")} brought`),
    el("div.isra-brought", { "aria-hidden": "true" }, value.pictures.map(picture)),
    el(
      "ul.isra-found",
      {},
      el("li", {}, `pixels: ${small} to ${large}, median ${median}`),
      el("li", {}, folders),
      others && el("li", {}, others),
      ignored,
    ),
  ];
}

function outcome(result) {
  const measured = result.accuracy_in_your_class_folders;
  const entropy = (when) => (-result.scores[when]["target-entropy"]).toFixed(2);
  const line = (name, before, after) =>
    el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, before), el("td", {}, after));
  const name = `accuracy in your class folders (${measured?.images} images)`;
  return el(
    "table.isra-batch",
    {},
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        ["measured", "before", "after"].map((text) => el("th", {}, text)),
      ),
    ),
    el(
      "tbody",
      {},
      measured && line(name, `${measured.before} %`, `${measured.after} %`),
      line(term("entropy", "mean entropy H(p)"), entropy("before"), entropy("after")),
    ),
  );
}

function predictions(result) {
  const { rows, images } = result;
  const picture = (row) => el("img", { src: row.picture, alt: row.image, width: 40, height: 40 });
  const opener = (row) =>
    el(
      "button.isra-pick",
      { type: "button", "aria-label": `Open ${row.image} in Predict`, onclick: () => openElsewhere(result, row) },
      picture(row),
    );
  const said = (row, when) => el("td", {}, words(row[when]), el("small", {}, percent(row[`${when}_probability`])));
  const line = (row) =>
    el(
      `tr${row.before === row.after ? "" : ".changed"}`,
      {},
      el("td", {}, opener(row)),
      said(row, "before"),
      said(row, "after"),
      el("td", {}, row.before === row.after ? "same" : "changed"),
      el("td", {}, words(row.folder)),
    );
  const heads = ["image", "before", "after", "answer", "your folder"];
  const head = el(
    "tr",
    {},
    heads.map((text) => el("th", {}, text)),
  );
  return [
    el("p.isra-honest", {}, rows.length < images && `${rows.length} of ${images}; predictions.csv has all.`),
    el("div.isra-scroll", {}, el("table.isra-batch", {}, el("thead", {}, head), el("tbody", {}, rows.map(line)))),
  ];
}

const WORSE =
  "In your class folders the adapted model is no better than before: keep the model as it was, or train it in full.";

const ANEW = "Its normalisation was measured anew on your images: its answers were more telling with it.";
const KEPT = "Its normalisation stayed: measured anew on your images, its answers were less telling.";
const ELSEWHERE =
  "Predict, Topics, Map, Classes and Weights then show this model and the one before, in this page alone and for an hour.";

const openElsewhere = ({ task, first_row }, { place }) =>
  lookAt({ kind: "row", row: first_row + place, task, checkpoint: task }, { tab: "predict" });

function done({ result, ...state }) {
  const measured = result.accuracy_in_your_class_folders;
  return [
    el("h3", {}, `Adapted: ${count(result.changed, "prediction", "predictions")} of ${result.images} changed`),
    measured && measured.after <= measured.before && el("p.isra-warning", {}, WORSE),
    el(
      "p",
      {},
      el(
        "button.isra-press",
        { type: "button", onclick: () => openElsewhere(result, result.rows[0]) },
        "Open in the other views",
      ),
    ),
    el("p.isra-honest", {}, ELSEWHERE),
    el("p.isra-honest", {}, result.recipe.anew ? ANEW : KEPT),
    outcome(result),
    curves(state),
    predictions(result),
    el("h3", {}, "Train it in full"),
    el("pre.isra-command", { tabindex: "0" }, result.command),
  ];
}

export function job({ element, trigger }) {
  let timer = null;
  const button = (text, event) =>
    el("button.isra-press", { type: "button", onclick: () => trigger(event, { task: shownTask() }) }, text);
  const begin = (value, text) => [
    findings(value),
    el("p", {}, button(text, "begin")),
    value.queue > 0 && el("p.isra-honest", {}, `${count(value.queue, "job", "jobs")} before yours.`),
  ];
  const running = (value) => {
    const waits = value.phase === "waiting";
    const doing = waits ? `Waiting: ${count(value.ahead, "job", "jobs")} before yours` : value.doing;
    const left = value.seconds_left == null ? "" : seconds(value.seconds_left);
    return [
      el("p", { role: "status" }, doing),
      el(
        "p.isra-running",
        {},
        el("progress", { max: 1, value: value.share, "aria-label": "Share of the job that is done" }),
        el("span", {}, left),
        button("Cancel", "cancel"),
      ),
      curves(value),
    ];
  };
  const drawn = {
    nothing: () => [],
    refused: (value) => [el("p.isra-error", { role: "alert" }, value.problem)],
    brought: (value) => begin(value, "Adapt"),
    cancelled: (value) => [el("p", { role: "status" }, "Cancelled."), begin(value, "Adapt again")],
    failed: (value) => [el("p.isra-error", { role: "alert" }, value.problem), begin(value, "Adapt again")],
    waiting: running,
    running,
    done,
  };
  let shown = null;
  on("task", (task) => shown?.of && shown.of !== task && trigger("poll", { task }));
  return (value) => {
    shown = value;
    clearInterval(timer);
    redraw(element, drawn[value.phase](value));
    if (["waiting", "running"].includes(value.phase))
      timer = setInterval(() => trigger("poll", { task: shownTask() }), POLL_EVERY);
  };
}
