// The tab Predict: the models as columns of bars on one scale, neighbours as evidence, and the strip of topics.
import { domainMark, el, explained, quiet, redraw, segments, term, thumb } from "./dom.js";
import { percent, signed, words } from "./format.js";
import { on, scoresOf } from "./events.js";
import { arrive, lookAt, lookWith, opener } from "./server.js";
import { choose, chosenAt, onChoice, selection, toggleClass } from "./selection.js";
import { framingNote, overlays, overlayStyle } from "./overlay.js";
import { askForTopics, modelChoice, NO_TOPICS, NONE_HERE } from "./topic-choice.js";
import { nameOf, titleOf } from "./names.js";
import terms from "./terms.js";

const STRANGER = ": this image is drawn like none that the models learned from. Believe the answer less.";

const stranger = ({ suited }) =>
  el(
    "p.isra-stranger",
    { role: "status" },
    term("unlike", "▲ Not one of ours"),
    STRANGER,
    suited && [
      ` It is drawn as what the models of ${suited.title} were adapted to. `,
      quiet("Ask those", () => lookWith(suited.name)),
    ],
  );

const inNats = (entropy) => entropy.toFixed(2);
const inPercent = (accuracy) => (accuracy == null ? "–" : `${accuracy.toFixed(1)} %`);

export const models = ({ element }) => {
  let shown = null;
  onChoice(["class"], () => shown && draw(shown));
  const name = (label) => {
    const state = {
      "data-key": label,
      "aria-pressed": String(selection.class === label),
      onclick: () => toggleClass(label),
    };
    return el("button.isra-pick", { type: "button", ...state }, words(label));
  };
  function draw(value) {
    shown = value;
    const { models, classes, maxEntropy } = value;
    const head = models.map((model) =>
      el(
        "div.isra-model",
        { role: "columnheader" },
        explained(model.about, model.title),
        el("div.isra-verdict", el("strong", words(model.top)), el("span", percent(model.probability))),
      ),
    );
    const line = (...cells) => el("div.isra-row-of", { role: "row" }, cells);
    const rows = classes.map((row) =>
      line(
        el(
          `div.isra-class${row.shared ? "" : ".unshared"}`,
          { role: "rowheader", title: row.shared ? "shared class" : "source-only class" },
          name(row.label),
        ),
        ...row.probabilities.map((p, i) =>
          el(
            `div.isra-bar${row.shared ? "" : ".unshared"}${models[i].top === row.label ? ".best" : ""}`,
            { role: "cell", vars: { "--p": p }, "aria-label": `${models[i].title}: ${percent(p)}` },
            el("i"),
            el("span", percent(p)),
          ),
        ),
      ),
    );
    const meter = (key, text, of, max, show) =>
      line(
        el("div.isra-class.meter", { role: "rowheader" }, term(key, text)),
        ...models.map((model) =>
          el(
            `div.isra-bar.meter.${key}`,
            { role: "cell", vars: { "--p": of(model) / max } },
            el("i"),
            el("span", show(of(model))),
          ),
        ),
      );
    redraw(
      element,
      value.unlike && stranger(value),
      el(
        `div.isra-table${value.unlike ? ".doubtful" : ""}`,
        { role: "table", "aria-label": "What each model says", vars: { "--models": models.length } },
        line(el("div.isra-corner", { role: "columnheader" }, term("probability", "probability")), head),
        rows,
        el("div.isra-rule", { role: "presentation" }),
        meter("entropy", "entropy H(p)", (m) => m.entropy, maxEntropy, inNats),
        value.task.labelled && meter("leak", "leak", (m) => m.leak, 1, percent),
        models.some((m) => m.accuracy != null) &&
          meter("accuracy", "target accuracy", (m) => m.accuracy, 100, inPercent),
      ),
      el(
        "p.isra-key",
        value.task.labelled && [
          el("i.solid"),
          term("shared", "shared class"),
          el("i.hatched"),
          term("source-only class", "source-only class"),
        ],
        value.offMap
          ? el(
              "b.isra-warning",
              { "data-tip": terms["off the map"], tabindex: "0" },
              "▲ off the map: unlike any training image",
            )
          : null,
      ),
    );
  }
  return (value) => {
    arrive(chosenAt(value.place, value.task.name), value.turn);
    draw(value);
  };
};

export const neighbours = ({ element }) => {
  let shown = null;
  onChoice(["evidence"], () => shown && draw(shown));
  const draw = (value) => {
    const model = value.models.find((m) => m.name === selection.evidence) ?? value.models.at(-1);
    const options = value.models.map(({ name, title }) => ({ key: name, text: title }));
    const choice = segments("Neighbours by the features of", options, model.name, (name) =>
      choose({ evidence: name }, { aside: true }),
    );
    const side = (domain) =>
      el(
        "section",
        el("h3", domainMark(domain), term(domain, `nearest ${domain}`), el("small", value.task[domain])),
        el(
          "div.isra-neighbours",
          model.neighbours[domain].map((n) =>
            el(
              "button.isra-neighbour",
              opener(value.task, n.row, `Open ${words(n.label)}, distance ${n.distance.toFixed(2)}`),
              thumb(n.row, value.task.sprites, 64),
              el("span", words(n.label)),
              el("small", { "data-tip": terms.distance }, n.distance.toFixed(2)),
            ),
          ),
        ),
      );
    const images = value.task.images && el("p.isra-honest", value.task.images);
    const headline = el("div.isra-headline", el("h2", "Evidence"), choice);
    redraw(element, headline, side("source"), side("target"), images);
    shown = value;
  };
  return draw;
};

export const strip = ({ element, trigger }) => {
  let shown = null;
  on("scores", () => shown && draw(shown));
  on("names", () => shown && draw(shown));
  onChoice(["topics"], () => shown && askForTopics(() => shown, trigger));
  const draw = (value) => {
    shown = value;
    const drawer = overlays(value);
    const cards = value.topics.map((topic) => {
      const canvas = el("canvas", { width: 132, height: 132 });
      drawer?.paint(canvas, topic, overlayStyle);
      const score = scoresOf(value.key)[topic.index];
      return el(
        "button.isra-topic",
        {
          type: "button",
          "data-key": topic.index,
          "aria-label": `${titleOf(value.names, topic.index)}, strength ${topic.strength.toFixed(1)}: look closer`,
          onclick: () => choose({ topic: topic.index, tab: "topics" }),
        },
        canvas,
        el("span.isra-number", nameOf(value.names, topic.index) ?? `#${topic.index}`),
        el(
          "dl",
          el("dt", { "data-tip": terms.strength }, "strength"),
          el("dd", `${signed(topic.strength, 1)} σ`),
          el("dt", { "data-tip": terms.faithfulness }, "faithful"),
          el("dd", score ? signed(score.advantage) : "…"),
          el("dt", { "data-tip": terms.ablation }, "ablated"),
          el("dd", score ? `${signed(score.logitChange)} z` : "…"),
        ),
      );
    });
    redraw(
      element,
      el(
        "div.isra-headline",
        el("h2", "Strongest topics"),
        el(
          "small",
          term("topic", "what"),
          " the adapted model sees, and ",
          term("place", "where"),
          ": its own value at every position",
          framingNote(value),
        ),
        modelChoice(value),
      ),
      cards.length ? el("div.isra-strip", cards) : el("p.isra-empty", value.model ? NONE_HERE : NO_TOPICS),
    );
  };
  return draw;
};

export const examples =
  ({ element }) =>
  (value) => {
    element.replaceChildren(
      el(
        "div.isra-examples",
        { role: "group", "aria-label": "Examples" },
        value.map((example, index) =>
          el(
            "button",
            {
              type: "button",
              title: example.title,
              "aria-label": `Example: ${example.title}`,
              onclick: () => lookAt({ kind: "example", index }),
            },
            el("img", { src: example.picture, alt: "", width: 56, height: 56 }),
          ),
        ),
      ),
    );
  };
