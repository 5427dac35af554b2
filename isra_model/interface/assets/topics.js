// The tab Topics in this image: one topic large, its evidence, and all topics as a grid.
(() => {
  "use strict";
  const { el, svg, term, signed } = isra;

  isra.panels.topics = ({ element, trigger }) => {
    let value = null, drawer = null, chosen = null, other = null, comparing = false;
    const scores = {};

    const topic = (index) => value.topics.find((t) => t.index === index);
    const choose = (index) => {
      if (!value) return (chosen = index);
      if (comparing && index !== chosen) other = index;
      else chosen = index;
      ask(index);
      render();
    };
    const ask = (index) => { if (!scores[index]) trigger("explain", { topic: index }); };

    function stage(index, size) {
      const shown = topic(index);
      const canvas = el("canvas", { width: size * 2, height: size * 2, class: "isra-overlay", role: "img", "aria-label": `Where topic ${index} arises in the image` });
      const stripes = el("canvas.isra-stripes", { role: "img", "aria-label": "Feature mask" });
      drawer.paint(canvas, shown);
      isra.stripes(stripes, shown);
      return el("figure.isra-stage", {},
        el("figcaption", {}, el("strong", {}, `Topic ${index}`), shown.alive ? null : el("b.isra-dead", { "data-tip": isra.terms.dead, tabindex: "0" }, "dead"),
          el("span", {}, term("strength", "strength"), ` ${signed(shown.strength, 1)} σ`),
          el("span", {}, "f(x)", el("sub", {}, "j"), ` ${shown.value.toFixed(2)}`),
          el("span", {}, term("receptor", "R²"), shown.r2 == null ? " –" : ` ${shown.r2.toFixed(2)}`)),
        canvas,
        el("div.isra-stripe-row", {}, term("feature mask", "M", el("sub", {}, "j")), stripes));
    }

    function controls() {
      const style = isra.overlayStyle;
      const repaint = () => {
        element.querySelectorAll("canvas.isra-overlay, canvas.isra-cell").forEach((canvas) => drawer.paint(canvas, topic(canvas.israTopic)));
        isra.emit("style");
      };
      const slider = (key, text) => el("label", {}, el("span", {}, text), el("input", {
        type: "range", min: "0", max: "1", step: "0.01", value: String(style[key]), "aria-label": text,
        oninput: (event) => { style[key] = Number(event.target.value); requestAnimationFrame(repaint); } }));
      const ramp = el("select", { "aria-label": "Colour map", onchange: (event) => { style.ramp = event.target.value; repaint(); } },
        isra.ramps.map((name) => el("option", { value: name, selected: name === style.ramp }, name)));
      const compare = el("button.isra-quiet", { type: "button", "aria-pressed": String(comparing), onclick: () => {
        comparing = !comparing;
        other = comparing ? value.topics.find((t) => t.index !== chosen).index : null;
        if (comparing) ask(other);
        render();
      } }, "Compare two");
      const save = el("button.isra-quiet", { type: "button", onclick: () => {
        const canvas = element.querySelector("canvas.isra-overlay");
        isra.download(`topic-${chosen}.png`, canvas.toDataURL("image/png"));
      } }, "Download PNG");
      return el("div.isra-controls", {}, slider("opacity", "Opacity"), slider("threshold", "Threshold"), el("label", {}, el("span", {}, "Colours"), ramp), compare, save);
    }

    function curve(score, name, title) {
      const [W, H, P] = [220, 120, 6];
      const top = Math.max(...["deletion", "insertion", "random_deletion", "random_insertion"].flatMap((key) => score[key]));
      const x = (f) => P + f * (W - 2 * P), y = (p) => H - P - (p / top) * (H - 2 * P);
      const path = (key) => score[key].map((p, i) => `${i ? "L" : "M"}${x(score.fractions[i]).toFixed(1)} ${y(p).toFixed(1)}`).join(" ");
      return el("figure.isra-curve", {},
        el("figcaption", {}, term(name, title)),
        svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${title}: the mask against random masks` },
          svg("line", { x1: P, x2: W - P, y1: y(0), y2: y(0), class: "axis" }), svg("line", { x1: P, x2: P, y1: y(0), y2: y(top), class: "axis" }),
          svg("text", { x: name === "deletion" ? W - P : P + 5, y: P + 11, class: "tick", "text-anchor": name === "deletion" ? "end" : "start" }, isra.percent(top)),
          svg("path", { d: path(`random_${name}`), class: "random" }), svg("path", { d: path(name), class: "mask" })),
        el("small", {}, name === "deletion" ? "pixels removed →" : "pixels shown →"));
    }

    function evidence(index) {
      const score = scores[index];
      if (!score) return el("div.isra-evidence.waiting", {}, el("p", {}, `Measuring how faithful topic ${index} is …`));
      const widest = Math.max(Math.abs(score.logitChange), Math.abs(score.randomLogitChange), 1e-6);
      const bar = (text, change, kind, spread) => el(`div.isra-change.${kind}`, { vars: { "--p": Math.abs(change) / widest } }, el("span", {}, text), el("i"), el("b", {}, signed(change), spread ? el("small", {}, ` ± ${spread.toFixed(2)}`) : null));
      return el("div.isra-evidence", {},
        el("h3", {}, term("faithfulness", "Faithfulness"), ` of topic ${index} `, el("b", {}, signed(score.advantage))),
        el("p.isra-of", {}, "to the prediction ", el("strong", {}, isra.words(score.label)), ": probability as pixels go and come"),
        el("div.isra-curves", {}, curve(score, "deletion", "Deletion"), curve(score, "insertion", "Insertion")),
        el("p.isra-key", {}, el("i.line"), "this mask", el("i.line.dashed"), "random masks"),
        el("h3", {}, term("ablation", "Ablated"), ": change of the logit"),
        bar("this mask", score.logitChange, "mask"), bar("shuffled", score.randomLogitChange, "random", score.randomLogitDeviation));
    }

    function grid() {
      const cells = value.topics.map((t) => {
        const canvas = el("canvas.isra-cell", { width: 112, height: 112 });
        drawer.paint(canvas, t);
        const mark = t.index === chosen ? ".chosen" : t.index === other ? ".other" : "";
        return el(`button.isra-tile${mark}${t.alive ? "" : ".dead"}`, { type: "button", "aria-pressed": String(t.index === chosen || t.index === other), "aria-label": `Topic ${t.index}, strength ${t.strength.toFixed(1)}${t.alive ? "" : ", dead"}`, onclick: () => choose(t.index) },
          canvas, el("span", {}, `#${t.index}`), el("small", {}, t.alive ? signed(t.strength, 1) : "dead"));
      });
      return el("section.isra-all", {},
        el("div.isra-headline", {}, el("h2", {}, `All ${cells.length} topics`), el("small", {}, "strongest first", comparing ? "; choose the second" : "")),
        el("div.isra-tiles", {}, cells));
    }

    let tiles = null;
    function render() {
      if (!value) return;
      if (!value.topics.length) return element.replaceChildren(el("p.isra-empty", {}, "This checkpoint has no BA3US + ISRA model, so it has no topics: choose another checkpoint."));
      const shown = other == null ? [chosen] : [chosen, other];
      tiles = grid();
      const scroll = element.querySelector(".isra-tiles")?.scrollTop ?? 0;
      element.replaceChildren(el(`div.isra-topics${other == null ? "" : ".two"}`, {},
        el("section.isra-main", {},
          el("div.isra-stages", {}, shown.map((index) => stage(index, 400))),
          controls(),
          el("p.isra-honest", {}, "Derived from channel attention: ", term("mask", "M", el("sub", {}, "j"), " = N(A", el("sub", {}, "j"), ") * X"), ", placed by the exact spatial decomposition of the features. The grey border is not seen by the network.")),
        el("section.isra-proof", {}, shown.map(evidence)),
        tiles));
      element.querySelector(".isra-tiles").scrollTop = scroll;
    }

    isra.on("topic", (index) => value && choose(index));
    isra.on("scores", (found) => {
      if (!value || found.key !== value.key) return;
      Object.assign(scores, found.scores);
      renderEvidence();
    });
    function renderEvidence() {
      const shown = other == null ? [chosen] : [chosen, other];
      element.querySelector(".isra-proof")?.replaceChildren(...shown.map(evidence));
    }
    return (next) => {
      value = next;
      Object.keys(scores).forEach((key) => delete scores[key]);
      if (isra.last.scores?.key === value.key) Object.assign(scores, isra.last.scores.scores);
      drawer = isra.overlays(value);
      const alive = value.topics.find((t) => t.alive) ?? value.topics[0];
      const wanted = isra.last.topic;
      chosen = topic(wanted) ? wanted : alive?.index ?? null;
      other = null;
      comparing = false;
      render();
    };
  };
})();
