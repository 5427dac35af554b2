// The view Compare: the pinned image A beside B, the one that the other views show. The strip in Predict pins it.
import { choiceOf, el, quiet, redraw, term } from "./dom.js";
import { hear, on } from "./events.js";
import { percent, signed, words } from "./format.js";
import { nameOf, titleOf } from "./names.js";
import { overlays } from "./overlay.js";
import { pairedEvidence, pairedValues } from "./pairs.js";
import { choose, chosenAt, onChoice, selection } from "./selection.js";
import { pin, swap } from "./server.js";
import { share } from "./share.js";
import { NO_TOPICS } from "./topic-choice.js";
import { logits, readEvidence, softmax } from "./whatif.js";

const SHOWN = 12; // rows, before "show all"

// What an address calls an image; an upload has no name in it.
function addressOf({ example, row, of }) {
  if (example != null) return `example.${example}`;
  return row == null ? null : `row.${row}.${of}`;
}

let named = null; // the pinned image in the address, as it was last written here
hear("compare", ({ pinned }) => {
  const name = pinned && addressOf(pinned.place);
  if (name === named) return;
  named = name;
  choose({ with: name }, { aside: true });
});

// Both names change in one step, so that the browser's back button returns to both.
function changePlaces({ now, pinned, task }) {
  named = addressOf(now.place);
  choose({ ...chosenAt(pinned.place, task), with: named });
  swap();
}

const button = (text, key, onclick) => quiet(text, onclick, { "data-key": key });
const unpin = ({ pinned }) => button("Unpin", "unpin", () => pin(pinned.key, false));
const keep = ({ now }, text) => button(text, "pin", () => pin(now.key, true));
const letter = (side) => el(`b.isra-side-mark.${side}`, side === "first" ? "A" : "B");

// ---- in Predict ----
export function bar({ element }) {
  hear("compare", (value) => {
    const { pinned } = value;
    if (!pinned) return redraw(element, el("p.isra-pin", keep(value, "Compare with another image …")));
    const picture = el("img", { src: pinned.picture, alt: "The pinned image", width: 34, height: 34 });
    const tools = [button("See both", "both", () => choose({ tab: "compare" })), unpin(value)];
    const said = "Pinned. Choose another image to stand beside it.";
    redraw(element, el("p.isra-pin", { role: "status" }, picture, el("span", said), tools));
  });
  return () => {};
}

// ---- the two images ----
function card(side, { picture, models }, title) {
  const guess = ({ title: model, label, probability }) => [
    el("span", model),
    el("strong", words(label)),
    el("div.isra-bar", { vars: { "--p": probability } }, el("i"), el("span", percent(probability))),
  ];
  return el(
    "figure.isra-compared",
    el("figcaption", letter(side), title),
    el("img", { src: picture, alt: `Image ${side === "first" ? "A" : "B"}: ${words(models.at(-1).label)}, says ${models.at(-1).title}` }), // prettier-ignore
    el("div.isra-guesses", models.map(guess)),
  );
}

export function images({ element }) {
  hear("compare", (value) => {
    const { now, pinned } = value;
    const bring = button("Upload or draw another", "bring", () => choose({ tab: "predict" }));
    const headline = (...tools) =>
      el("div.isra-headline", el("h2", "Two images, the same topics"), el("span.isra-grow"), tools);
    if (!pinned) {
      const how = "Pin this image, then choose another one: an example, your own, or any image of the gallery.";
      const empty = el("div.isra-compare-empty", el("p", how), keep(value, "Pin this image"));
      return redraw(element, headline(), el("div.isra-compare-pair", card("second", now, "in the other views"), empty)); // prettier-ignore
    }
    const pair = [card("first", pinned, "pinned"), card("second", now, "in the other views")];
    const tools = [button("Swap", "swap", () => changePlaces(value)), unpin(value), bring];
    redraw(element, headline(...tools), el("div.isra-compare-pair", pair));
  });
  return () => {};
}

// ---- what they are made of ----
export function charts({ element }) {
  const shared = el("div");
  let value = null,
    both = null, // their evidence
    drawers = [],
    all = false;

  const chosenClass = () => {
    const chosen = value.classes.indexOf(selection.class);
    return chosen >= 0 ? chosen : value.classes.indexOf(value.now.models.at(-1).label);
  };
  const open = (index) =>
    el(
      "button.isra-sum-topic",
      {
        type: "button",
        "aria-label": `${titleOf(value.names, index)}: look closer`,
        onclick: () => choose({ topic: index, tab: "topics" }),
      },
      `#${index}`,
      el("span", nameOf(value.names, index) ?? ""),
    );
  const toggle = (count) =>
    count > SHOWN &&
    button(all ? "Show fewer" : `Show all ${count} topics`, "all", () => {
      all = !all;
      draw();
    });
  const cut = (rows) => (all ? rows : rows.slice(0, SHOWN));

  // Where the topic arises in image A (0) or B (1): a small picture, or an empty place where it has not responded.
  function place(side, index) {
    const topic = value.where[side].topics.find((each) => each.index === index);
    const image = "AB"[side];
    if (!topic) return el("span.isra-not-there", { role: "cell", "aria-label": `Not among the strongest in ${image}` });
    const canvas = el("canvas", { width: 144, height: 144, role: "cell", "aria-label": `Where it arises in ${image}` });
    drawers[side].paint(canvas, topic);
    return canvas;
  }

  function responses() {
    const rows = pairedValues(value.pinned.values, value.now.values);
    const most = Math.max(...rows.flatMap(({ first, second }) => [first, second]), 1e-9);
    const row = ({ index, first, second }) => {
      const [low, high] = [Math.min(first, second) / most, Math.max(first, second) / most];
      const said = `A ${first.toFixed(2)}, B ${second.toFixed(2)}`;
      return el(
        "div.isra-pair-row.pictured",
        { role: "row" },
        el("span", { role: "rowheader" }, open(index)),
        place(0, index),
        place(1, index),
        el(
          "div.isra-dumbbell",
          { role: "cell", "aria-label": said, "data-tip": said, vars: { "--low": low, "--high": high } },
          el("i.between"),
          el("i.first", { vars: { "--p": first / most } }),
          el("i.second", { vars: { "--p": second / most } }),
        ),
        el("b", { role: "cell" }, signed(second - first)),
      );
    };
    const head = el(
      "div.isra-pair-head.pictured",
      { role: "row" },
      ["topic", "in A", "in B"].map((text) => el("span", { role: "columnheader" }, text)),
      el("span.isra-scale", { role: "columnheader" }, el("span", "0"), el("span", most.toFixed(1))),
      el("span", { role: "columnheader" }, "B − A"),
    );
    return el(
      "section",
      el("h3", term("response", "Responses"), " of the topics that either has, by how they differ"),
      rows.length
        ? el("div.isra-pair-table", { role: "table", "aria-label": "Responses of both images" }, head, cut(rows).map(row)) // prettier-ignore
        : el("p.isra-empty", "Neither image has a topic."),
      toggle(rows.length),
    );
  }

  function classChoice(chosen) {
    const names = value.classes.map((label) => [label, words(label)]);
    const pick = (label) => choose({ class: label }, { aside: true });
    return choiceOf("Class", names, value.classes[chosen], pick, { "data-key": "class" });
  }

  function evidence() {
    const c = chosenClass();
    const found = pairedEvidence(...both, c);
    const shares = both.map((side) => softmax(logits(side))[c]);
    const numbers = [...found.topics, found.residual, found.constant, found.total];
    const widest = Math.max(...numbers.flatMap(({ first, second }) => [first, second]).map(Math.abs), 1e-9);
    const bar = (side, number) =>
      el(
        `div.isra-diverge.${side}`,
        { vars: { "--p": Math.abs(number) / widest } },
        number !== 0 && el(`i.${number < 0 ? "against" : "for"}`),
      );
    const row = (name, { first, second }, kind = "") =>
      el(
        `div.isra-pair-row.evidence${kind}`,
        { role: "row" },
        el("span", { role: "rowheader" }, name),
        el("div.isra-two-bars", { role: "cell", "aria-hidden": "true" }, bar("first", first), bar("second", second)),
        el("b", { role: "cell" }, signed(first)),
        el("b", { role: "cell" }, signed(second)),
      );
    const column = (text) => el("span", { role: "columnheader" }, text);
    const head = el("div.isra-pair-head.evidence", { role: "row" }, column("topic"), column("adds to the logit"), column("A"), column("B")); // prettier-ignore
    return el(
      "section",
      el("h3", term("evidence", "Evidence"), " for ", classChoice(c)),
      el(
        "div.isra-pair-table",
        { role: "table", "aria-label": "Evidence of both images" },
        head,
        cut(found.topics).map((topic) => row(open(topic.index), topic)),
        row(term("residual", "residual"), found.residual),
        row(term("constant", "constant"), found.constant),
        row("logit", found.total, ".total"),
      ),
      el("p.isra-key", `${words(value.classes[c])}: A ${percent(shares[0])}, B ${percent(shares[1])}`),
    );
  }

  function draw() {
    if (!value.pinned) return element.replaceChildren();
    share({ element: shared })(value);
    if (!both) return redraw(element, el("p.isra-empty", NO_TOPICS), shared);
    const same = value.now.key === value.pinned.key;
    const note =
      same && el("p.isra-honest", { role: "status" }, "A and B are the same image: choose another one above.");
    const key = el(
      "p.isra-key",
      letter("first"),
      "pinned",
      letter("second"),
      "in the other views",
      el("span.isra-grow"),
      value.title,
    );
    redraw(element, note, key, el("div.isra-compare-charts", responses(), evidence()), shared);
  }

  on("names", () => value && draw());
  onChoice(["class"], () => value && draw());
  hear("compare", (next) => {
    value = next;
    const sides = [next.pinned, next.now].map((side) => side?.evidence && readEvidence(side.evidence));
    both = sides.every(Boolean) ? sides : null;
    drawers = next.where?.map(overlays) ?? [];
    draw();
  });
  return () => {};
}
