// Four steps for a first visit, until they are dismissed for good; a button at the end of the page brings them back.
import { keep, kept } from "./browser.js";
import { el, quiet, redraw } from "./dom.js";
import { emit, on } from "./events.js";
import { choose } from "./selection.js";

const PLACE = "isra-steps";
const STEPS = [
  { tab: "predict", text: "Read the example", about: "what the models say of one image" },
  { tab: "topics", text: "Open a topic", about: "where it arises, and how faithful that is" },
  { tab: "map", text: "Find it on the map", about: "among all images of both domains" },
  { tab: "predict", text: "Bring your own", about: "upload, draw, or compare two images" },
];

let dismissed = kept(PLACE) === "dismissed";
const done = new Set();
function dismiss(now) {
  dismissed = now;
  keep(PLACE, now ? "dismissed" : "shown");
  emit("steps");
}

export function steps({ element }) {
  const step = ({ tab, text, about }, number) => {
    const go = () => {
      done.add(number);
      choose({ tab });
      draw();
      element.querySelectorAll("li button")[number].focus({ preventScroll: true });
    };
    const mark = el("b", { "aria-hidden": "true" }, done.has(number) ? "✓" : `${number + 1}`);
    const said = [el("strong", text), el("small", about)];
    return el("li", el("button", { type: "button", onclick: go }, mark, el("span", said)));
  };
  function draw() {
    if (dismissed) return element.replaceChildren();
    const close = quiet("Got it", () => dismiss(true), { "aria-label": "Got it: hide these steps" });
    element.replaceChildren(
      el("section.isra-steps", { "aria-label": "First steps" }, el("ol", STEPS.map(step)), close),
    );
  }
  on("steps", draw);
  return draw;
}

export function again({ element }) {
  const draw = () => {
    const show = () => {
      dismiss(false);
      document.querySelector(".isra-steps button").focus();
    };
    redraw(element, dismissed && el("div.isra-share", quiet("Show the first steps", show)));
  };
  on("steps", draw);
  return draw;
}
