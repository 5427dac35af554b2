// The tab Predict: three models as columns of bars on one scale, neighbours as evidence, and the strip of topics.
(() => {
  const { el, term, words, percent } = isra;
  const NO_TOPICS = "None of these models has topics: those trained with ISRA have.";
  const ALL_DEAD = "No topic of this model is alive: train it for more steps.";

  // The address names what the page shows, from the first change on: an example, and the checkpoint.
  let shown = null;
  function keepAddress({ key, task, example }) {
    if (shown && shown !== key) {
      isra.remember("example", example);
      isra.remember("task", task.name);
    }
    shown = key;
  }

  isra.panels.models =
    ({ element }) =>
    (value) => {
      keepAddress(value);
      const { models, classes, maxEntropy } = value;
      const head = models.map((model) =>
        el(
          "div.isra-model",
          { role: "columnheader" },
          isra.explained(value.task.explained[model.name], model.title),
          el("div.isra-verdict", {}, el("strong", {}, words(model.top)), el("span", {}, percent(model.probability))),
        ),
      );
      const line = (...cells) => el("div.isra-row-of", { role: "row" }, cells);
      const rows = classes.map((row) =>
        line(
          el(
            `div.isra-class${row.shared ? "" : ".unshared"}`,
            { role: "rowheader", title: row.shared ? "shared class" : "source-only class" },
            words(row.label),
          ),
          ...row.probabilities.map((p, i) =>
            el(
              `div.isra-bar${row.shared ? "" : ".unshared"}${models[i].top === row.label ? ".best" : ""}`,
              { role: "cell", vars: { "--p": p }, "aria-label": `${models[i].title}: ${percent(p)}` },
              el("i"),
              el("span", {}, percent(p)),
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
              el("span", {}, show(of(model))),
            ),
          ),
        );
      element.replaceChildren(
        el(
          "div.isra-table",
          { role: "table", "aria-label": "What each model says", vars: { "--models": models.length } },
          line(el("div.isra-corner", { role: "columnheader" }, term("probability", "probability")), head),
          rows,
          el("div.isra-rule", { role: "presentation" }),
          meter(
            "entropy",
            "entropy H(p)",
            (m) => m.entropy,
            maxEntropy,
            (x) => x.toFixed(2),
          ),
          meter("leak", "leak", (m) => m.leak, 1, percent),
          models.some((m) => m.accuracy != null) &&
            meter(
              "accuracy",
              "target accuracy",
              (m) => m.accuracy,
              100,
              (x) => (x == null ? "–" : `${x.toFixed(1)} %`),
            ),
        ),
        el(
          "p.isra-key",
          {},
          el("i.solid"),
          term("shared", "shared class"),
          el("i.hatched"),
          term("source-only class", "source-only class"),
          value.offMap
            ? el(
                "b.isra-warning",
                { "data-tip": isra.terms["off the map"], tabindex: "0" },
                "▲ off the map: unlike any training image",
              )
            : null,
        ),
      );
    };

  isra.panels.neighbours = ({ element }) => {
    let chosen = null;
    const draw = (value) => {
      const model = value.models.find((m) => m.name === chosen) ?? value.models.at(-1);
      const choice = el(
        "div.isra-segments",
        { role: "group", "aria-label": "Neighbours by the features of" },
        value.models.map((m) =>
          el(
            "button",
            {
              type: "button",
              "data-key": m.name,
              "aria-pressed": String(m === model),
              onclick: () => {
                chosen = m.name;
                draw(value);
              },
            },
            m.title,
          ),
        ),
      );
      const side = (domain) =>
        el(
          "section",
          {},
          el("h3", {}, isra.domainMark(domain), term(domain, `nearest ${domain}`), el("small", {}, value.task[domain])),
          el(
            "div.isra-neighbours",
            {},
            model.neighbours[domain].map((n) =>
              el(
                "button.isra-neighbour",
                {
                  type: "button",
                  "aria-label": `Open ${words(n.label)}, distance ${n.distance.toFixed(2)}`,
                  onclick: () => {
                    isra.openTab("Image");
                    isra.ask({ kind: "row", task: value.task.name, row: n.row });
                  },
                },
                isra.thumb(n.row, value.task.sprites, 64),
                el("span", {}, words(n.label)),
                el("small", { "data-tip": isra.terms.distance }, n.distance.toFixed(2)),
              ),
            ),
          ),
        );
      isra.redraw(
        element,
        el("div.isra-headline", {}, el("h2", {}, "Evidence"), choice),
        side("source"),
        side("target"),
      );
    };
    return draw;
  };

  isra.panels.strip = ({ element, trigger }) => {
    let shown = null;
    isra.on("scores", () => shown && draw(shown));
    const draw = (value) => {
      if (shown && shown.key !== value.key) isra.last.topic = null;
      shown = value;
      const drawer = isra.overlays(value);
      const cards = value.topics.map((topic) => {
        const canvas = el("canvas", { width: 132, height: 132 });
        drawer?.paint(canvas, topic, isra.overlayStyle);
        const score = isra.scoresOf(value.key)[topic.index];
        return el(
          "button.isra-topic",
          {
            type: "button",
            "data-key": topic.index,
            "aria-label": `Topic ${topic.index}, strength ${topic.strength.toFixed(1)}: look closer`,
            onclick: () => {
              isra.emit("topic", topic.index);
              isra.openTab("Topics in this image");
            },
          },
          canvas,
          el("span.isra-number", {}, `#${topic.index}`),
          el(
            "dl",
            {},
            el("dt", { "data-tip": isra.terms.strength }, "strength"),
            el("dd", {}, `${isra.signed(topic.strength, 1)} σ`),
            el("dt", { "data-tip": isra.terms.faithfulness }, "faithful"),
            el("dd", {}, score ? isra.signed(score.advantage) : "…"),
            el("dt", { "data-tip": isra.terms.ablation }, "ablated"),
            el("dd", {}, score ? `${isra.signed(score.logitChange)} z` : "…"),
          ),
        );
      });
      isra.redraw(
        element,
        el(
          "div.isra-headline",
          {},
          el("h2", {}, "Strongest topics"),
          el(
            "small",
            {},
            term("topic", "what"),
            " the adapted model sees, and ",
            term("mask", "where"),
            ": drawn from its channel attention",
          ),
          isra.modelChoice(value, trigger),
        ),
        cards.length
          ? el("div.isra-strip", {}, cards)
          : el("p.isra-empty", {}, value.model ? ALL_DEAD : NO_TOPICS),
      );
    };
    return draw;
  };

  isra.panels.examples =
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
                onclick: () => {
                  isra.openTab("Image");
                  isra.ask({ kind: "example", index });
                },
              },
              el("img", { src: example.picture, alt: "", width: 56, height: 56 }),
            ),
          ),
        ),
      );
    };

  isra.panels.table = ({ element }) => {
    const open = (index) => {
      isra.openTab("Image");
      isra.ask({ kind: "several", index });
    };
    const image = ({ index, picture }) => {
      const name = { type: "button", "aria-label": `Open image ${index + 1}`, onclick: () => open(index) };
      const opener = el("button.isra-quiet", name, el("img", { src: picture, alt: "", width: 40, height: 40 }));
      return el("td", {}, picture ? opener : `image ${index + 1}`);
    };
    const said = ({ label, shared, probability }) =>
      el("td", {}, el(`span${shared ? "" : ".unshared"}`, {}, words(label)), el("small", {}, percent(probability)));
    const numbers = ({ leak, entropy }) => [el("td", {}, percent(leak)), el("td", {}, entropy.toFixed(2))];
    return ({ titles, rows, note }) => {
      const heads = ["image", ...titles, term("leak", "leak"), term("entropy", "H(p)")];
      const bad = (row) => el("td.isra-error", { colspan: titles.length + 2 }, row.error);
      const line = (row) => el("tr", {}, image(row), row.error ? bad(row) : [row.said.map(said), numbers(row)]);
      const head = el(
        "tr",
        {},
        heads.map((text) => el("th", {}, text)),
      );
      const table = el("table.isra-batch", {}, el("thead", {}, head), el("tbody", {}, rows.map(line)));
      element.replaceChildren(el("p.isra-honest", {}, note), el("div.isra-scroll", {}, table));
    };
  };

  // The link to this view and the Python that says the same.
  isra.panels.share =
    ({ element }) =>
    (value) => {
      element.replaceChildren(
        el(
          "div.isra-share",
          {},
          el(
            "button.isra-quiet",
            { type: "button", onclick: (event) => isra.copy(value.python, event.currentTarget) },
            "copy as Python",
          ),
          el(
            "button.isra-quiet",
            { type: "button", onclick: (event) => isra.copy(window.location.href, event.currentTarget) },
            "copy link",
          ),
        ),
      );
    };
  for (const name of ["sharePredict", "shareTopics", "shareMap"]) isra.panels[name] = isra.panels.share;
})();
