// The view Adapt your own: what is brought, the job as it runs, and what it changed.
import { el, quiet, redraw, segments, svg, tableOf, term } from "./dom.js";
import { percent, words } from "./format.js";
import { on } from "./events.js";
import { choose, onChoice, selection } from "./selection.js";
import { lookAt, lookWith, shownTask } from "./server.js";

const POLL_EVERY = 1000;
const NAMED = 8;
const limits = (images) =>
  `At most ${images} and 5 minutes. Nobody else sees your images; they are deleted after an hour, and nothing leaves this machine.`;
const LIMITS = { images: limits("500 images"), both: limits("500 images of each domain") };

const ADAPTED = "The other views show your model now.";
const ANOTHER = " To adapt again, choose another model above.";
const CHOICES = [
  { key: "images", text: "My images for the shown model" },
  { key: "both", text: "My own source and target" },
];

// What is brought: images for the shown model, or both domains of a task of one's own.
const brings = () => (selection.bring === "both" ? "both" : "images");

export const adapt = ({ element }) => {
  let shown = null;
  const strong = (text) => el("strong", text);
  const leads = {
    images: ({ source, target, model, classes }) => [
      `Bring unlabelled images of things among the ${classes} classes. `,
      strong(`${model}, ${words(source)} → ${words(target)}`),
      ", is adapted to them here: its filters stay, its normalisation is measured anew on your images where that makes its answers more telling, and its head is trained on. Another model: choose it above.",
    ],
    both: () => [
      "Bring a labelled ",
      strong("source"),
      ", a folder of images for each of your classes, and unlabelled images of the ",
      strong("target"),
      ". Source-only and BA3US + ISRA learn your classes here, on what a network pretrained on ImageNet sees in them; its filters stay. The model shown above plays no part.",
    ],
  };
  function draw() {
    const what = brings();
    document.body.classList.toggle("isra-both", what === "both");
    redraw(
      element,
      el("h2", what === "both" ? "Train a model for classes of your own" : "Adapt a model to your own images"),
      el(
        "p.isra-what",
        segments("What you bring", CHOICES, what, (key) => choose({ bring: key === "both" ? key : null })),
      ),
      shown.own && el("p.isra-suited", ADAPTED, what === "images" && ANOTHER),
      el("p.isra-lead", leads[what](shown)),
      el("p.isra-honest", LIMITS[what]),
    );
  }
  onChoice(["bring"], () => shown && draw());
  return (value) => {
    shown = value;
    draw();
  };
};

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
    el("figcaption", title, el("strong", now)),
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
    entropy.length > 0 && curve(term("entropy", "entropy H(p) on your images"), series(entropy, "entropy")),
    names.map((name) => curve(`loss: ${words(name)}`, series(losses, name))),
  );
}

const sum = (counts) => Object.values(counts).reduce((total, each) => total + each, 0);

function listed(all) {
  const more = all.length - NAMED;
  return all.slice(0, NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
const named = (counts) => listed(Object.entries(counts).map(([name, images]) => `${words(name)} (${images})`));

// What is in one domain: a heading, some pictures, and lines.
function found(heading, domain, ...lines) {
  const [small, median, large] = domain.sizes.map(([width, height]) => `${width} × ${height}`);
  const ignored = domain.ignored.map(
    (each) => `${count(each.count, "file", "files")} ignored, such as ${each.such_as}: ${each.reason}`,
  );
  const picture = (url) => el("img", { src: url, alt: "", width: 44, height: 44 });
  const told = [`pixels: ${small} to ${large}, median ${median}`, ...lines.flat(), ...ignored].filter(Boolean);
  return el(
    "section",
    el("h3", heading),
    el("div.isra-brought", { "aria-hidden": "true" }, domain.pictures.map(picture)),
    el(
      "ul.isra-found",
      told.map((line) => el("li", line)),
    ),
  );
}

// Which folders of the target are called as a class, of the model or of the source.
function folderLines({ known, unknown }, whose) {
  const folders = count(Object.keys(known).length, "class folder", "class folders");
  const images = (counts) => count(sum(counts), "image", "images");
  return sum(known)
    ? [
        `${folders} with ${images(known)}, used for accuracies only: ${named(known)}`,
        sum(unknown) > 0 && `${images(unknown)} in folders that are no class of ${whose}: ${named(unknown)}`,
      ]
    : [`no folder is called as a class of ${whose}: no accuracy will be known`];
}

const MISSING = {
  source: "Bring the source too: a zip or a folder of class folders.",
  target: "Bring images of the target too: a zip, several images or a folder.",
};

function bothFindings({ source, target }) {
  const missing = (domain) => el("p", { role: "status" }, MISSING[domain]);
  const least = source && Math.min(...Object.values(source.classes));
  const most = source && Math.max(...Object.values(source.classes));
  const comparable = source?.folders && sum(source.folders.known) > 0;
  return [
    source
      ? found(
          `Source: ${count(source.images - source.beside, "image", "images")} of ${Object.keys(source.classes).length} classes`,
          source,
          `${least === most ? least : `${least} to ${most}`} images a class: ${named(source.classes)}`,
          source.beside > 0 && `${count(source.beside, "image", "images")} beside the class folders, ignored`,
        )
      : missing("source"),
    target
      ? found(
          `Target: ${count(target.images, "image", "images")}`,
          target,
          source && folderLines(source.folders, "your source"),
          comparable && source.only.length > 0 && `only in your source: ${listed(source.only.map(words))}`,
          source?.near.map(
            ([one, other]) =>
              `'${one}' and '${other}' are nearly alike: give both folders one name if they mean the same`,
          ),
        )
      : missing("target"),
  ];
}

function findings(value) {
  if (brings() === "both") return el("div.isra-halves", bothFindings(value));
  const { target, suited } = value;
  return (
    target && [
      found(`${count(target.images, "image", "images")} brought`, target, folderLines(target.folders, "this model")),
      suited && betterStart(suited),
    ]
  );
}

const betterStart = ({ name, title }) =>
  el(
    "p.isra-stranger",
    { role: "status" },
    `Most of your images are drawn as what the models of ${title} were adapted to: start from those. `,
    quiet(`Choose ${title}`, () => lookWith(name)),
  );

const BATCH = { class: "isra-batch" };

function outcome(result) {
  const measured = result.accuracy_in_your_class_folders;
  const models = Object.keys(result.models);
  const entropy = (model) => (-result.scores[model]["target-entropy"]).toFixed(2);
  const cell = (value) => (model) => el("td", value(model));
  const line = (name, value) => el("tr", el("th", { scope: "row" }, name), models.map(cell(value)));
  const name = `accuracy in your class folders (${measured?.images} images)`;
  const lines = [
    measured && line(name, (model) => `${measured[model]} %`),
    line(term("entropy", "mean entropy H(p)"), entropy),
  ];
  return el("div.isra-scroll", { tabindex: "0" }, tableOf(["measured", ...models], lines, BATCH));
}

function predictions(result) {
  const { rows, images } = result;
  const models = Object.keys(result.models);
  const [first, second] = models;
  const picture = (row) => el("img", { src: row.picture, alt: row.image, width: 40, height: 40 });
  const opener = (row) =>
    el(
      "button.isra-pick",
      { type: "button", "aria-label": `Open ${row.image} in Predict`, onclick: () => openElsewhere(result, row) },
      picture(row),
    );
  const said = (row) => (model) => el("td", words(row[model]), el("small", percent(row[`${model}_probability`])));
  const line = (row) =>
    el(
      `tr${row[first] === row[second] ? "" : ".changed"}`,
      el("td", opener(row)),
      models.map(said(row)),
      el("td", row[first] === row[second] ? "same" : isOwn(result) ? "differs" : "changed"),
      el("td", words(row.folder)),
    );
  const heads = ["image", ...models, "answer", "your folder"];
  return [
    el("p.isra-honest", rows.length < images && `${rows.length} of ${images}; predictions.csv has all.`),
    el("div.isra-scroll.isra-rows", { tabindex: "0" }, tableOf(heads, rows.map(line), BATCH)),
  ];
}

// A task of one's own knows how many classes its source has.
const isOwn = (result) => result.classes > 0;

const WORSE =
  "In your class folders the adapted model is no better than before: keep the model as it was, or train it in full.";
const NO_BETTER =
  "In your class folders BA3US + ISRA is no better than source-only: keep source-only, which the download has too, or train in full.";

const ANEW = "Its normalisation was measured anew on your images: its answers were more telling with it.";
const KEPT = "Its normalisation stayed: measured anew on your images, its answers were less telling.";
const ELSEWHERE =
  "Predict, Topics, Map, Classes and Weights then show this model and the one before, in this page alone and for an hour.";
const ELSEWHERE_BOTH =
  "Predict, Topics, Map, Classes and Weights then show both models and the images of both domains, in this page alone and for an hour.";

const openElsewhere = ({ task, first_row }, { place }) =>
  lookAt({ kind: "row", row: first_row + place, task, checkpoint: task }, { tab: "predict" });

const adaptedTold = (result) => ({
  heading: `Adapted: ${count(result.changed, "prediction", "predictions")} of ${result.images} changed`,
  worse: WORSE,
  honest: [ELSEWHERE, result.recipe.anew ? ANEW : KEPT],
});

const trainedTold = (result) => ({
  heading: `Trained on ${result.source} images of ${result.classes} classes: the two models differ on ${result.changed} of ${result.images}`,
  worse: NO_BETTER,
  honest: [
    ELSEWHERE_BOTH,
    `Each learnt for ${result.recipe.steps} steps. Each domain's features were standardised by their own mean and deviation, for source-only too; an image in Predict is taken for one of the target.`,
  ],
});

function done({ result, ...state }) {
  const measured = result.accuracy_in_your_class_folders;
  const [before, after] = Object.keys(result.models);
  const { heading, worse, honest } = isOwn(result) ? trainedTold(result) : adaptedTold(result);
  return [
    el("h3", heading),
    measured && measured[after] <= measured[before] && el("p.isra-warning", worse),
    el(
      "p",
      el(
        "button.isra-press",
        { type: "button", onclick: () => openElsewhere(result, result.rows[0]) },
        "Open in the other views",
      ),
    ),
    honest.map((line) => el("p.isra-honest", line)),
    outcome(result),
    curves(state),
    el("h3", "Train it in full"),
    el("pre.isra-command", { tabindex: "0" }, result.command),
    el("h3", "Image by image"),
    predictions(result),
  ];
}

export function job({ element, trigger }) {
  let timer = null;
  const button = (text, event) =>
    el(
      "button.isra-press",
      { type: "button", onclick: () => trigger(event, { task: shownTask(), both: brings() === "both" }) },
      text,
    );
  const begin = (value, again = "") => [
    findings(value),
    value.target &&
      (value.source || brings() === "images") && [
        el("p", button((brings() === "both" ? "Train" : "Adapt") + again, "begin")),
        value.queue > 0 && el("p.isra-honest", `${count(value.queue, "job", "jobs")} before yours.`),
      ],
  ];
  const running = (value) => {
    const waits = value.phase === "waiting";
    const doing = waits ? `Waiting: ${count(value.ahead, "job", "jobs")} before yours` : value.doing;
    const left = value.seconds_left == null ? "" : seconds(value.seconds_left);
    return [
      el("p", { role: "status" }, doing),
      el(
        "p.isra-running",
        el("progress", { max: 1, value: value.share, "aria-label": "Share of the job that is done" }),
        el("span", left),
        button("Cancel", "cancel"),
      ),
      curves(value),
    ];
  };
  const drawn = {
    nothing: () => [],
    refused: (value) => [el("p.isra-error", { role: "alert" }, value.problem)],
    brought: (value) => begin(value),
    cancelled: (value) => [el("p", { role: "status" }, "Cancelled."), begin(value, " again")],
    failed: (value) => [el("p.isra-error", { role: "alert" }, value.problem), begin(value, " again")],
    waiting: running,
    running,
    done,
  };
  let shown = null;
  on("task", (task) => shown?.of && shown.of !== task && trigger("poll", { task }));
  onChoice(["bring"], () => shown && redraw(element, drawn[shown.phase](shown)));
  return (value) => {
    shown = value;
    clearInterval(timer);
    redraw(element, drawn[value.phase](value));
    if (["waiting", "running"].includes(value.phase))
      timer = setInterval(() => trigger("poll", { task: shownTask() }), POLL_EVERY);
  };
}
