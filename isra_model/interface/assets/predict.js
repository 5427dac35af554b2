// The tab Predict: three models as columns of bars on one scale, neighbours as evidence, and the strip of topics.
(() => {
  const { el, term, words, percent } = isra;

  // The address always names what the page shows: an example while one is shown, the checkpoint once another is chosen.
  const address = new URL(window.location.href).searchParams;
  const shown = { key: null, task: null, example: address.get("example") };
  function keepAddress({ key, task }) {
    if (shown.key != null && shown.key !== key) isra.remember("example", shown.example);
    if (shown.task != null && shown.task !== task.name) isra.remember("task", task.name);
    if (shown.key != null && shown.key !== key) shown.example = null;
    Object.assign(shown, { key, task: task.name });
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
          term(model.name, model.title),
          el("div.isra-verdict", {}, el("strong", {}, words(model.top)), el("span", {}, percent(model.probability))),
        ),
      );
      const rows = classes.flatMap((row) => [
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
      ]);
      const meter = (key, text, of, max, show) => [
        el("div.isra-class.meter", { role: "rowheader" }, term(key, text)),
        ...models.map((model) =>
          el(
            `div.isra-bar.meter.${key}`,
            { role: "cell", vars: { "--p": of(model) / max } },
            el("i"),
            el("span", {}, show(of(model))),
          ),
        ),
      ];
      element.replaceChildren(
        el(
          "div.isra-table",
          { role: "table", "aria-label": "What each model says", vars: { "--models": models.length } },
          el("div.isra-corner", {}, term("probability", "probability")),
          head,
          rows,
          el("div.isra-rule"),
          meter(
            "entropy",
            "entropy H(p)",
            (m) => m.entropy,
            maxEntropy,
            (x) => x.toFixed(2),
          ),
          meter("leak", "leak", (m) => m.leak, 1, percent),
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

  isra.panels.neighbours = ({ element, trigger }) => {
    let chosen = "ba3us-isra";
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
                    trigger("open", { row: n.row });
                  },
                },
                isra.thumb(n.row, value.task.sprites, 64),
                el("span", {}, words(n.label)),
                el("small", { "data-tip": isra.terms.distance }, n.distance.toFixed(2)),
              ),
            ),
          ),
        );
      element.replaceChildren(
        el("div.isra-headline", {}, el("h2", {}, "Evidence"), choice),
        side("source"),
        side("target"),
      );
    };
    return draw;
  };

  isra.panels.strip = ({ element }) => {
    let shown = null;
    const scores = () => (isra.last.scores?.key === shown?.key ? isra.last.scores.scores : {});
    isra.on("scores", () => shown && draw(shown));
    const draw = (value) => {
      if (shown && shown.key !== value.key) isra.last.topic = null;
      shown = value;
      const drawer = isra.overlays(value);
      const cards = value.topics.map((topic) => {
        const canvas = el("canvas", { width: 132, height: 132 });
        drawer?.paint(canvas, topic, isra.overlayStyle);
        const score = scores()[topic.index];
        return el(
          "button.isra-topic",
          {
            type: "button",
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
      element.replaceChildren(
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
        ),
        cards.length
          ? el("div.isra-strip", {}, cards)
          : el("p.isra-empty", {}, "This checkpoint has no BA3US + ISRA model, so it has no topics."),
      );
    };
    return draw;
  };

  isra.panels.examples =
    ({ element, trigger }) =>
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
                  shown.example = index;
                  isra.openTab("Image");
                  trigger("example", { index });
                },
              },
              el("img", { src: example.picture, alt: "", width: 56, height: 56 }),
            ),
          ),
        ),
      );
    };

  isra.panels.table =
    ({ element, trigger }) =>
    (value) => {
      const cell = (said) =>
        el(
          "td",
          {},
          el(`span${said.shared ? "" : ".unshared"}`, {}, words(said.label)),
          el("small", {}, percent(said.probability)),
        );
      element.replaceChildren(
        !value.rows.length
          ? el("p.isra-empty", {}, value.note)
          : el(
              "div.isra-scroll",
              {},
              el(
                "table.isra-batch",
                {},
                el(
                  "thead",
                  {},
                  el(
                    "tr",
                    {},
                    el("th", {}, "image"),
                    value.titles.map((title) => el("th", {}, title)),
                    el("th", {}, term("leak", "leak")),
                    el("th", {}, term("entropy", "H(p)")),
                  ),
                ),
                el(
                  "tbody",
                  {},
                  value.rows.map((row, index) =>
                    el(
                      "tr",
                      {},
                      el(
                        "td",
                        {},
                        row.picture
                          ? el(
                              "button.isra-quiet",
                              {
                                type: "button",
                                "aria-label": `Open image ${index + 1}`,
                                onclick: () => {
                                  isra.openTab("Image");
                                  trigger("open_file", { index: row.index });
                                },
                              },
                              el("img", { src: row.picture, alt: "", width: 40, height: 40 }),
                            )
                          : `image ${row.index + 1}`,
                      ),
                      row.error
                        ? el("td.isra-error", { colspan: value.titles.length + 2 }, row.error)
                        : [row.said.map(cell), el("td", {}, percent(row.leak)), el("td", {}, row.entropy.toFixed(2))],
                    ),
                  ),
                ),
              ),
            ),
      );
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
