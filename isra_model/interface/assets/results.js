// The view Results: the answer first, then what measures it; the runs behind a number are asked for from here.
import { colour } from "./colours.js";
import { el, redraw, segments } from "./dom.js";
import { emit, on } from "./events.js";
import { drawFigure } from "./figure.js";
import { choose, onChoice, selection } from "./selection.js";

export const measureOf = (value) => (value.gains[selection.measure] ? selection.measure : value.measures[0].key);

export const openRuns = (of) => choose({ runs: of });

const EMPTY = [
  "Nothing is recorded here yet: ",
  el("code", "python -m isra_model benchmark"),
  " compares the methods, and the view then shows what came of it. The paper's numbers stand below.",
];

export const results = ({ element, trigger }) => {
  let value = null;
  const say = (text) => element.replaceChildren(el("p.isra-empty", { role: "status" }, text));
  say("Reading what is recorded …");

  function forest() {
    const { figure, rows } = value.gains[measureOf(value)];
    const open = (place) => rows[place]?.of && openRuns(rows[place].of);
    if (figure) drawFigure("plot-gains", figure, open, stacked);
  }
  function render() {
    const { verdict } = value.gains[measureOf(value)];
    const pick = segments("Accuracy", value.measures, measureOf(value), (measure) => choose({ measure }));
    const said = value.recorded
      ? [el("p.isra-verdict-said", verdict), el("p.isra-honest", value.paper), pick]
      : el("p.isra-empty", EMPTY);
    redraw(element, el("section.isra-results", el("h2", "Does ISRA help?"), said));
    forest();
  }

  onChoice(["measure"], () => value && render());
  onChoice(["runs"], () => value && selection.runs && trigger("runs", { of: selection.runs }));
  on("theme", () => value && forest());
  return (next) => {
    if (next.problem) return say(next.problem);
    value = next;
    emit("recorded", value);
    render();
    if (selection.runs) trigger("runs", { of: selection.runs });
  };
};

// Where it is narrow, the words of a comparison stand above its line instead of beside it.
function stacked(layout, narrow) {
  if (!narrow) return layout;
  const annotations = layout.annotations.map((note) => {
    if (note.xref !== "paper") return note;
    const left = note.x === 0;
    const text = left ? note.text.split(/,|<br>/)[0] : note.text;
    return { ...note, text, xanchor: left ? "left" : "right", xshift: 0, yshift: 17, bgcolor: colour("ground") };
  });
  return { ...layout, annotations, height: layout.height * 1.4, margin: { ...layout.margin, l: 8, r: 8 } };
}
