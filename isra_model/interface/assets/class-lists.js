// Beside the heat map: how well each class is recognised, what adaptation changed, and annotations in doubt.
import { domainMark, el, segments, tableOf, term, thumb } from "./dom.js";
import { percent, words } from "./format.js";
import { selection, toggleClass } from "./selection.js";
import { opener } from "./server.js";

const CHANGES = [
  { key: "mended", text: "Mended" },
  { key: "made", text: "Made" },
  { key: "rows", text: "All" },
];
const IMAGES_IN_A_ROW = 8;
let order = "mended";
const counted = (change) => (order === "rows" ? change.rows.length : change[order]);

const pressClass = (value, label) => {
  const name = value.classes[label];
  const chosen = name === selection.class;
  const state = { type: "button", "data-key": `class ${name}`, "aria-pressed": String(chosen) };
  return el("button.isra-class-name", { ...state, onclick: () => toggleClass(name) }, words(name));
};

// ---- how well each class is recognised ----

export function accuracies(value) {
  const title = el("h2", "How well each class is recognised");
  if (!value.rates) {
    const why = "Nobody labelled the target, so there is no accuracy to show.";
    return el("section", title, el("p.isra-honest", why));
  }
  const models = value.task.models;
  const rates = models.map(({ name }) => value.rates[name]);
  const gain = (i) => rates.at(-1)[i].right - rates[0][i].right;
  const sorted = rates[0].map((_, i) => i).slice(1);
  sorted.sort((a, b) => gain(b) / rates[0][b].images - gain(a) / rates[0][a].images);
  const shown = [0, ...sorted];
  const cell = ({ right, images, interval: [low, high] }) => {
    const share = right / images;
    const bar = el("span.isra-interval", { vars: { "--p": share, "--low": low, "--high": high } }, el("i"), el("b"));
    return el("td", bar, el("strong", percent(share)), el("small", ` ${range(low, high)}`));
  };
  const line = (i) => {
    const { label, images } = rates[0][i];
    const name = label == null ? el("strong", "all images") : pressClass(value, label);
    const chosen = label != null && value.classes[label] === selection.class;
    return el(
      `tr${chosen ? ".chosen" : ""}`,
      el("th", { scope: "row" }, name),
      el("td", String(images)),
      rates.map((of) => cell(of[i])),
    );
  };
  const head = ["class", "images", ...models.map((model) => model.title)];
  const note = [
    "Of the target images that the models were adapted to, with ",
    term("interval", "95 % intervals"),
    "; what gained most from first to last model stands first. One run of each model.",
    value.shared ? "" : " Images without a label are not counted.",
  ];
  return el(
    "section",
    title,
    el("p.isra-honest", note),
    el("div.isra-scroll", { tabindex: "0" }, tableOf(head, shown.map(line), { class: "isra-rates" })),
  );
}

const range = (low, high) => `${Math.round(100 * low)}–${Math.round(100 * high)}`;

// ---- what adaptation changed ----

export function changeList(value, model) {
  const section = el("section");
  const titles = Object.fromEntries(value.task.models.map(({ name, title }) => [name, title]));
  const first = value.task.models[0].name;
  const after = model === first ? value.task.models.at(-1).name : model;
  const all = value.changes[after] ?? [];
  const draw = () => section.replaceChildren(...face());
  function face() {
    const title = el("h2", term("mended", "What adaptation mended and made"));
    if (!all.length) return [title, el("p.isra-honest", "There is nothing to compare: the models say the same.")];
    if (!value.rates) order = "rows";
    const chosen = value.classes.indexOf(selection.class);
    const about = all.filter(({ before, after }) => chosen < 0 || before === chosen || after === chosen);
    const list = about.filter(counted).sort((a, b) => counted(b) - counted(a));
    const choice = value.rates && segments("Which", CHANGES, order, (key) => ((order = key), draw()));
    const compared = `${titles[first]} says the first class, ${titles[after]} the second.`;
    const none = el("p.isra-empty", "There is no such change.");
    return [
      el("div.isra-headline", title, choice),
      el("p.isra-honest", compared, value.rates ? "" : " Which of them is right, nobody knows."),
      el(
        "div.isra-changes",
        { tabindex: "0", role: "region", "aria-label": "Changes" },
        list.length ? list.map(change) : none,
      ),
    ];
  }
  function change(one) {
    const rows = one.rows.filter(
      (row) => order === "rows" || value.labels[row] === one[order === "mended" ? "after" : "before"],
    );
    const { task } = value;
    const tile = (row) =>
      el("button.isra-neighbour", opener(task, row, `Open image ${row}`), thumb(row, task.sprites, 38));
    const more = rows.length - IMAGES_IN_A_ROW;
    return el(
      "article.isra-change-pair",
      el("h3", pressClass(value, one.before), "→", pressClass(value, one.after), el("b", String(rows.length))),
      el("div", rows.slice(0, IMAGES_IN_A_ROW).map(tile), more > 0 && el("small", `and ${more} more`)),
    );
  }
  draw();
  return section;
}

// ---- annotations in doubt ----

export function doubtList(value, model) {
  const { task } = value;
  const chosen = value.classes.indexOf(selection.class);
  const involved = (doubt) => [value.labels[doubt.row], doubt.predicted, doubt.rival].includes(chosen);
  const doubts = value.doubts[model].filter((doubt) => chosen < 0 || involved(doubt));
  const name = (index) => words(value.classes[index]);
  const card = (doubt) => {
    const domain = value.target[doubt.row] ? "target" : "source";
    const said = [name(doubt.predicted), percent(doubt.probability)];
    return el(
      "button.isra-neighbour.isra-doubt",
      opener(task, doubt.row, `Open image ${doubt.row}, labelled ${name(value.labels[doubt.row])}`),
      thumb(doubt.row, task.sprites, 84),
      el("span", domainMark(domain), " labelled ", el("strong", name(value.labels[doubt.row]))),
      el("span", "model: ", said.join(", ")),
      el("span", "neighbours: ", `${name(doubt.rival)}, ${percent(doubt.votes)}`),
    );
  };
  const note = value.rates
    ? "Label, prediction and neighbours disagree; where the latter two are surest stands first."
    : "Of the source alone: the target has no labels. Label, prediction and neighbours disagree.";
  const none = el("p.isra-empty", "No annotation is in doubt here.");
  const title = el("h2", term("doubt", "Confusing annotations"));
  return el(
    "section",
    title,
    el("p.isra-honest", note),
    doubts.length ? el("div.isra-doubts", doubts.map(card)) : none,
  );
}
