// The tab Topics in this image: one topic large or two beside each other, their evidence, and all topics as a grid.
import { choiceOf, el, quiet, redraw, term } from "./dom.js";
import { choose, onChoice, selection } from "./selection.js";
import { signed } from "./format.js";
import { on, scoresOf } from "./events.js";
import { debounce, download } from "./browser.js";
import { drawStripes, framingNote, overlays, overlayStyle } from "./overlay.js";
import { modelChoice, NO_TOPICS } from "./topic-choice.js";
import { titleOf } from "./names.js";
import { evidence } from "./evidence.js";
import { RAMPS } from "./colours.js";
import terms from "./terms.js";

export const topics = ({ element, trigger }) => {
  let value = null,
    drawer = null,
    chosen = null,
    other = null,
    comparing = false;

  const topic = (index) => value.topics.find((candidate) => candidate.index === index);
  const strongest = () => (value.topics.find((candidate) => candidate.alive) ?? value.topics[0])?.index ?? null;
  const shown = () => (other == null ? [chosen] : [chosen, other]);
  const score = (index) => scoresOf(value.key)[index];
  const ask = (index) => score(index) || trigger("explain", { key: value.key, topic: index });

  function press(index) {
    if (!comparing || index === chosen) return choose({ topic: index });
    other = index;
    ask(index);
    render();
  }
  function follow() {
    chosen = topic(selection.topic)?.index ?? strongest();
    if (selection.tab === "topics" && chosen != null) ask(chosen);
    render();
  }
  function compare() {
    comparing = !comparing;
    other = comparing ? value.topics.find((candidate) => candidate.index !== chosen).index : null;
    if (comparing) ask(other);
    render();
  }
  function save() {
    const canvas = element.querySelector("canvas.isra-overlay");
    download(`topic-${chosen}.png`, canvas.toDataURL("image/png"));
  }

  // ---- the large overlays ----
  function stage(index) {
    const one = topic(index);
    const name = { role: "img", "aria-label": `Where topic ${index} arises in the image` };
    const canvas = el("canvas.isra-overlay", { width: 800, height: 800, ...name });
    const stripes = el("canvas.isra-stripes", { role: "img", "aria-label": `Feature mask of topic ${index}` });
    drawer.paint(canvas, one);
    drawStripes(stripes, one);
    const dead = one.alive ? null : el("b.isra-dead", { "data-tip": terms.dead, tabindex: "0" }, "dead");
    const caption = el(
      "figcaption",
      el("strong", { title: `Topic ${index}` }, titleOf(value.names, index)),
      dead,
      el("span", term("strength", "strength"), ` ${signed(one.strength, 1)} σ`),
      el("span", "f(x)", el("sub", "j"), ` ${one.value.toFixed(2)}`),
      el("span", term("receptor", "R²"), one.r2 == null ? " –" : ` ${one.r2.toFixed(2)}`),
    );
    const mask = el("div.isra-stripe-row", term("feature mask", "M", el("sub", "j")), stripes);
    return el("figure.isra-stage", caption, canvas, mask);
  }

  // ---- controls that work here, without the server ----
  function controls() {
    const style = overlayStyle;
    const repaint = () => {
      const paint = (of) => (canvas) => drawer.paint(canvas, topic(canvas.israTopic), of);
      element.querySelectorAll("canvas.isra-overlay").forEach(paint(style));
      element.querySelectorAll("canvas.isra-cell").forEach(paint(beyondTheMean()));
    };
    const set = (key, setting) => {
      style[key] = setting;
      debounce("repaint", 16, repaint);
    };
    const slider = (key, text) => {
      const range = {
        type: "range",
        min: "0",
        max: "1",
        step: "0.01",
        value: String(style[key]),
        "aria-label": text,
      };
      const input = el("input", { ...range, oninput: (event) => set(key, Number(event.target.value)) });
      return el("label", el("span", text), input);
    };
    const ramps = RAMPS.map((name) => [name, name]);
    const pick = choiceOf("Colour map", ramps, style.ramp, (name) => set("ramp", name));
    const colours = el("label", el("span", "Colours"), pick);
    const box = {
      type: "checkbox",
      checked: style.relative,
      onchange: (event) => set("relative", event.target.checked),
    };
    const relative = el("label.isra-check", el("input", box), term("relative", "less the mean topic"));
    return el(
      "div.isra-controls",
      slider("opacity", "Opacity"),
      slider("threshold", "Threshold"),
      colours,
      quiet("Compare two", compare, { "data-key": "two", "aria-pressed": String(comparing) }),
      quiet("Download PNG", save, { "data-key": "save" }),
      relative,
    );
  }

  // ---- all topics: each shows what it has beyond their mean ----
  const beyondTheMean = () => ({ ...overlayStyle, relative: true });
  function tile(one) {
    const canvas = el("canvas.isra-cell", { width: 112, height: 112 });
    drawer.paint(canvas, one, beyondTheMean());
    const mark = one.index === chosen ? ".chosen" : one.index === other ? ".other" : "";
    const name = `${titleOf(value.names, one.index)}, strength ${one.strength.toFixed(1)}${one.alive ? "" : ", dead"}`;
    const state = { "aria-pressed": String(mark !== ""), "aria-label": name, onclick: () => press(one.index) };
    const strength = el("small", one.alive ? signed(one.strength, 1) : "dead");
    const kind = `button.isra-tile${mark}${one.alive ? "" : ".dead"}`;
    return el(kind, { type: "button", "data-key": one.index, ...state }, canvas, el("span", `#${one.index}`), strength);
  }
  function grid() {
    const order = el(
      "small",
      comparing ? "choose the second; " : "strongest first; ",
      term("relative", "each less the mean topic"),
      framingNote(value),
    );
    const headline = el("div.isra-headline", el("h2", `All ${value.topics.length} topics`), modelChoice(value), order);
    return el("section.isra-all", headline, el("div.isra-tiles", value.topics.map(tile)));
  }

  function render() {
    if (!value.topics.length) return element.replaceChildren(el("p.isra-empty", NO_TOPICS));
    const scroll = element.querySelector(".isra-tiles")?.scrollTop ?? 0;
    const mask = term("mask", "M", el("sub", "j"), " = N(A", el("sub", "j"), ") * X");
    const honest = [
      term("place", "Where"),
      " a topic's own value arises, exactly: the mean over the positions is its value before the threshold. The stripes are the ",
      term("attention", "channel attention"),
      " that ISRA aligns, ",
      mask,
      ". The grey border is not seen by the network.",
    ];
    const stages = el("div.isra-stages", shown().map(stage));
    const main = el("section.isra-main", stages, controls(), el("p.isra-honest", honest));
    const proof = el("section.isra-proof");
    redraw(element, el(`div.isra-topics${other == null ? "" : ".two"}`, main, proof, grid()));
    element.querySelector(".isra-tiles").scrollTop = scroll;
    prove();
  }
  function prove() {
    const proofs = shown().map((index) => evidence(index, score(index), other != null));
    element.querySelector(".isra-proof")?.replaceChildren(...proofs);
  }

  onChoice(["topic"], () => value && follow());
  on("shown", (name) => name === "topics" && chosen != null && ask(chosen));
  on("names", () => value && render());
  on("scores", (found) => found.key === value?.key && prove());
  return (next) => {
    value = next;
    drawer = overlays(value);
    other = null;
    comparing = false;
    follow();
  };
};
