// In Predict: why one class and not another, as a sum over topics, and what the answer would be with other topics.
import { el, quiet, redraw, term } from "./dom.js";
import { choose, onChoice, selection } from "./selection.js";
import { on } from "./events.js";
import { percent, signed, words } from "./format.js";
import { nameOf, titleOf } from "./names.js";
import { difference, logits, readEvidence, softmax } from "./whatif.js";

const SHOWN = 10; // topics, before "show all": more matter little where the code is sparse
const CLASSES = 7;
const MOST = 3; // how often a topic can be made to count
const RULE = "Switch a topic off, or let it count more: the answer is worked out here, from the same sum.";

export const why = ({ element }) => {
  let value = null,
    parts = null, // of the logits
    network = null, // its probabilities
    factors = {},
    before = [], // factors that can be returned to
    all = false,
    live = []; // what moves with the factors, without being drawn anew

  // ---- the two classes: first and second guess, unless the visitor chose ----
  function pair() {
    const order = network.map((_, c) => c).sort((a, b) => network[b] - network[a]);
    const named = (label) => value.classes.indexOf(label);
    const first = named(selection.why) >= 0 ? named(selection.why) : order.find((c) => c !== named(selection.not));
    const second = named(selection.not);
    return [first, second >= 0 && second !== first ? second : order.find((c) => c !== first)];
  }

  // ---- what the visitor changes ----
  function change(next) {
    before.push(factors);
    factors = next;
    draw();
  }
  function turn(index, factor) {
    const next = { ...factors, [index]: factor };
    if (factor === 1) delete next[index];
    return next;
  }
  const isOwn = () => Object.keys(factors).length > 0;

  function refresh() {
    live.forEach((show) => show());
  }

  // ---- the chart ----
  function bar(widest, number) {
    const fill = el("i");
    const text = el("b");
    const show = () => {
      const now = number();
      fill.className = now < 0 ? "against" : "for";
      fill.style.setProperty("--p", Math.min(Math.abs(now) / widest, 1));
      text.textContent = signed(now);
    };
    live.push(show);
    show();
    return [el("div.isra-diverge", fill), text];
  }
  function topicRow({ index, given }, widest) {
    const title = titleOf(value.names, index);
    const factor = () => factors[index] ?? 1;
    const start = { factor: factor(), factors };
    const slider = el("input", {
      type: "range",
      min: "0",
      max: String(MOST),
      step: "0.1",
      value: String(factor()),
      "data-key": `slider ${index}`,
      "aria-label": `How much ${title} counts`,
      oninput: (event) => {
        factors = turn(index, Number(event.target.value));
        refresh();
      },
      onchange: (event) => {
        factors = start.factors;
        change(turn(index, Number(event.target.value)));
      },
    });
    const on = {
      type: "checkbox",
      checked: factor() > 0,
      "data-key": `switch ${index}`,
      "aria-label": `${title} counts`,
      onchange: (event) => change(turn(index, event.target.checked ? 1 : 0)),
    };
    const times = el("small.isra-times");
    const tell = () => (times.textContent = `× ${factor().toFixed(1)}`);
    live.push(tell);
    tell();
    const open = { type: "button", "data-key": index, onclick: () => choose({ topic: index, tab: "topics" }) };
    return el(
      `div.isra-sum-row${factor() === 1 ? "" : ".changed"}`,
      el("input", on),
      el("button.isra-sum-topic", open, `#${index}`, el("span", nameOf(value.names, index) ?? "")),
      bar(widest, () => factor() * given),
      el("label.isra-sum-slider", slider, times),
    );
  }
  const fixedRow = (name, widest, number, kind = "") =>
    el(`div.isra-sum-row${kind}`, el("span"), el("span.isra-sum-name", name), bar(widest, number), el("span"));

  function chart(first, second) {
    const now = () => difference(parts, first, second, factors);
    const sum = now();
    const shown = all ? sum.parts : sum.parts.slice(0, SHOWN);
    const others = new Set(sum.parts.slice(shown.length).map(({ index }) => index));
    const ofOthers = () => now().parts.reduce((total, { index, value }) => total + (others.has(index) ? value : 0), 0);
    const widest = Math.max(
      ...[...sum.parts.map(({ given }) => given), sum.residual, sum.constant, sum.total, ofOthers()].map(Math.abs),
      1e-9,
    );
    const more = (text) => quiet(text, () => ((all = !all), draw()), { "data-key": "all" });
    return el(
      "div.isra-sum",
      el(
        "div.isra-sum-head",
        el("span", `◂ ${words(value.classes[second])}`),
        el("span", `${words(value.classes[first])} ▸`),
      ),
      shown.map((part) => topicRow(part, widest)),
      others.size ? fixedRow(`${others.size} more topics`, widest, ofOthers) : null,
      fixedRow(term("residual", "residual"), widest, () => sum.residual),
      fixedRow(term("constant", "constant"), widest, () => sum.constant),
      fixedRow(term("contribution", "difference"), widest, () => now().total, ".total"),
      sum.parts.length > SHOWN ? more(all ? "Show fewer" : `Show all ${sum.parts.length} topics`) : null,
    );
  }

  // ---- the two answers ----
  function answers() {
    const own = () => softmax(logits(parts, factors));
    const now = own();
    const rank = (c) => Math.max(network[c], now[c]);
    const [a, b] = pair();
    const others = network.map((_, c) => c).filter((c) => c !== a && c !== b);
    others.sort((c, d) => rank(d) - rank(c));
    const rows = [a, b, ...others.slice(0, CLASSES - 2)].sort((c, d) => network[d] - network[c]);
    const best = (of) => of.indexOf(Math.max(...of));
    const cell = (number, isBest, kind, shared) => {
      const text = el("span");
      const box = el(`div.isra-bar${shared ? "" : ".unshared"}.${kind}`, { role: "cell" }, el("i"), text);
      const show = () => {
        box.style.setProperty("--p", number());
        box.classList.toggle("best", isBest());
        text.textContent = percent(number());
      };
      live.push(show);
      show();
      return box;
    };
    const verdict = (title, of) => {
      const [label, share] = [el("strong"), el("span")];
      const show = () => {
        label.textContent = words(value.classes[best(of())]);
        share.textContent = percent(of()[best(of())]);
      };
      live.push(show);
      show();
      return el("div.isra-answer", { role: "columnheader" }, title, el("div", label, share));
    };
    const given = () => network;
    const row = (c) =>
      el(
        "div.isra-answer-row",
        { role: "row" },
        el("div.isra-answer-class", { role: "rowheader" }, words(value.classes[c])),
        cell(() => network[c], () => best(network) === c, "given", value.shared[c]), // prettier-ignore
        cell(() => own()[c], () => best(own()) === c, "own", value.shared[c]), // prettier-ignore
      );
    const button = (text, key, isUseful, onclick) => quiet(text, onclick, { "data-key": key, disabled: !isUseful });
    const undo = () => {
      factors = before.pop();
      draw();
    };
    return el(
      "div.isra-answers",
      el(
        "div.isra-answer-table",
        { role: "table", "aria-label": "The network's answer and yours" },
        el(
          "div.isra-answer-row",
          { role: "row" },
          el("div.isra-answer", { role: "columnheader" }, "class"),
          verdict("the network's answer", given),
          verdict("yours", own),
        ),
        rows.map(row),
      ),
      el(
        "div.isra-answer-tools",
        button("Undo", "undo", before.length > 0, undo),
        button("Reset", "reset", isOwn(), () => change({})),
        el("small", { role: "status" }, isOwn() ? "Yours differs from what the network says." : RULE),
      ),
    );
  }

  function choice(label, current, other, key) {
    const option = (text, c) =>
      el("option", { value: text, selected: c === current, disabled: c === other }, words(text));
    const pick = {
      "aria-label": label,
      "data-key": key,
      onchange: (event) => choose({ [key]: event.target.value }, { aside: true }),
    };
    return el("select", pick, value.classes.map(option));
  }

  function draw() {
    live = [];
    if (!parts) return element.replaceChildren();
    const [first, second] = pair();
    const headline = el(
      "div.isra-headline",
      el(
        "h2.isra-why",
        "Why ",
        choice("Why this class", first, second, "why"),
        " and not ",
        choice("and not this class", second, first, "not"),
      ),
      el(
        "small",
        value.title,
        ": ",
        term("contribution", "what each topic adds"),
        " to the difference of the logits, exactly",
      ),
    );
    redraw(element, headline, el("div.isra-why-parts", chart(first, second), answers()));
  }

  onChoice(["why", "not"], () => value && draw());
  on("names", () => value && draw());
  return (next) => {
    if (next.key !== value?.key) {
      factors = {};
      before = [];
    }
    value = next;
    parts = value.evidence && readEvidence(value.evidence);
    network = parts && softmax(logits(parts));
    draw();
  };
};
