// One topic as a portrait: small for the wall, large beside it. `look` is what the explorer shows: the task, its
// classes and labels, the model, and the largest strength of all its topics.
import { domainMark, el, quiet, term, thumb } from "./dom.js";
import { choose } from "./selection.js";
import { percent, signed, words } from "./format.js";
import { giveName, LONGEST, nameOf, titleOf } from "./names.js";
import { opener } from "./server.js";
import { closed, isSilent } from "./topic-order.js";

const DOMAINS = ["source", "target"];
const SMALL = 34;
const LARGE = 54;

// A bar for each class: `max` is the number of a full one.
function bars(entries, { classes }, max, write) {
  const bar = ([index, number]) =>
    el(
      `div.isra-lean${number < 0 ? ".against" : ""}`,
      { vars: { "--p": Math.abs(number) / max } },
      el("span", words(classes[index])),
      el("i"),
      el("b", write(number)),
    );
  return el("div.isra-leans", entries.map(bar));
}

const profile = (topic, look, count) =>
  bars(topic.profile.slice(0, count).filter(([, share]) => share > 0.0005), look, 1, percent); // prettier-ignore

function gapText(topic, model) {
  const after = topic.gaps[model.name];
  if (after == null) return "in one domain only";
  const before = topic.gaps[model.without];
  return before == null ? after.toFixed(2) : `${before.toFixed(2)} → ${after.toFixed(2)}`;
}

const r2Text = ({ r2 }) => (r2 == null ? "–" : r2.toFixed(2));

// ---- on the wall ----
function side(topic, domain, { task, top }) {
  const { rows, strength } = topic[domain];
  return el(
    "div.isra-side",
    el(
      "div",
      domainMark(domain),
      rows.slice(0, 3).map((row) => thumb(row, task.sprites, SMALL)),
    ),
    el(`i.${domain}`, { vars: { "--p": strength / top } }),
  );
}

export function card(topic, look, isChosen, press) {
  const { names } = look.model;
  const name = nameOf(names, topic.index);
  const silent = isSilent(topic);
  const marks = silent
    ? "silent: in no image"
    : `${topic.spread.toFixed(1)} classes · gap ${gapText(topic, look.model)} · R² ${r2Text(topic)}`;
  const share = percent((topic.source.share + topic.target.share) / 2);
  return el(
    `button.isra-portrait${silent || !topic.alive ? ".dead" : ""}`,
    {
      type: "button",
      "data-key": topic.index,
      "aria-pressed": String(isChosen),
      "aria-label": `${titleOf(names, topic.index)}${name ? `, topic ${topic.index}` : ""}: ${marks}`,
      onclick: () => press(topic.index),
    },
    el("span.isra-named", el("b", `#${topic.index}`), name, el("small", silent ? "" : share)),
    el(
      "div.isra-sides",
      DOMAINS.map((domain) => side(topic, domain, look)),
    ),
    profile(topic, look, 3),
    el("small.isra-marks", marks),
  );
}

// ---- one large ----
function nameField(topic, { model }) {
  const field = {
    type: "text",
    maxlength: LONGEST,
    value: nameOf(model.names, topic.index) ?? "",
    placeholder: "give it a name",
    "aria-label": `Your name for topic ${topic.index}`,
    onchange: (event) => giveName(model.names, topic.index, event.target.value),
  };
  return el("input", field);
}

function images(topic, domain, { task, labels }) {
  const { rows, share, strength } = topic[domain];
  const image = (row) =>
    el(
      "button.isra-neighbour",
      opener(task, row, `Open ${words(labels[row])} in Predict`),
      thumb(row, task.sprites, LARGE),
      el("span", words(labels[row])),
    );
  return el(
    "section",
    el(
      "h3",
      domainMark(domain),
      term(domain, domain),
      el("small", task[domain]),
      el("small", term("active share", "in"), ` ${percent(share)}`),
      el("small", term("usual value", "usually"), ` ${strength.toFixed(2)}`),
    ),
    rows.length ? el("div.isra-strongest", rows.map(image)) : el("p.isra-empty", `No ${domain} image has it.`),
  );
}

function gaps(topic, { task, model }) {
  const known = task.models.filter(({ name }) => topic.gaps[name] != null);
  if (!known.length) return el("p.isra-honest", "One domain alone has this topic: there is no gap to measure.");
  const max = Math.max(...known.map(({ name }) => topic.gaps[name]), 1e-9);
  const bar = ({ name, title }) =>
    el(
      `div.isra-lean${name === model.name ? ".own" : ""}`,
      { vars: { "--p": topic.gaps[name] / max } },
      el("span", title),
      el("i"),
      el("b", topic.gaps[name].toFixed(3)),
    );
  return el("div.isra-leans.wide", known.map(bar));
}

function related(topic, { task, model }) {
  const chip = ([index, cosine]) => {
    const [row] = [...model.topics[index].source.rows, ...model.topics[index].target.rows];
    return el(
      "button.isra-related",
      {
        type: "button",
        "aria-label": `${titleOf(model.names, index)}, cosine ${cosine.toFixed(2)}`,
        onclick: () => choose({ topic: index }),
      },
      row == null ? null : thumb(row, task.sprites, 28),
      el("span", nameOf(model.names, index) ?? `#${index}`),
      el("small", cosine.toFixed(2)),
    );
  };
  return el("div.isra-relatives", topic.neighbours.map(chip));
}

export function large(topic, look) {
  const { model } = look;
  const go = (text, change) => quiet(text, () => choose({ topic: topic.index, ...change }));
  const head = el(
    "div.isra-large-head",
    el("h2", `Topic ${topic.index}`),
    nameField(topic, look),
    go("On the map", { colour: "topic", tab: "map" }),
    go("In this image", { tab: "topics" }),
  );
  if (isSilent(topic)) {
    const silent = el("p.isra-empty", term("silent", "Silent"), ": no image of the gallery has this topic.");
    return el("div", head, silent, el("h3", term("related", "Related topics")), related(topic, look));
  }
  const most = Math.max(...[...topic.for, ...topic.against].map(([, number]) => Math.abs(number)), 1e-9);
  const argument = (title, entries) =>
    el(
      "section",
      el("h3", term("argues", title)),
      bars(entries, look, most, (number) => signed(number)),
    );
  const fewer = closed(topic, model);
  return el(
    "div",
    head,
    el(
      "p.isra-marks",
      el("span", term("spread", "spread"), ` ${topic.spread.toFixed(1)} classes`),
      el("span", term("receptor", "R²"), ` ${r2Text(topic)}`),
      topic.alive ? null : el("b.isra-dead", term("dead", "dead")),
    ),
    DOMAINS.map((domain) => images(topic, domain, look)),
    el(
      "div.isra-pair",
      argument("Argues for", topic.for),
      argument("Argues against", topic.against),
      el("section", el("h3", term("class profile", "Class profile")), profile(topic, look, 5)),
      el(
        "section",
        el(
          "h3",
          term("alignment gap", "Alignment gap"),
          fewer == null ? null : el("small", fewer > 0 ? "nearer with ISRA" : "not nearer with ISRA"),
        ),
        gaps(topic, look),
      ),
    ),
    el("h3", term("related", "Related topics")),
    related(topic, look),
  );
}
