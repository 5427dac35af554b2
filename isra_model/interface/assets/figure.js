// A figure that came through one of Gradio's plots: drawn to the page's width and colours, and again when these change.
import { debounce } from "./browser.js";
import { colour } from "./colours.js";
import { on } from "./events.js";

const NARROW = 700;
const figures = {}; // by the plot's id: what it shows, what a click on a point does, and how it is arranged
const copied = (value) => JSON.parse(JSON.stringify(value));

// `arrange(layout, narrow)` returns the layout for the width that there is; `click` is told what a point stands for.
export function drawFigure(id, figure, click, arrange) {
  if (!figures[id]) {
    const again = () => debounce(id, 60, () => draw(id));
    new MutationObserver(again).observe(document.body, { childList: true, subtree: true });
    window.addEventListener("resize", again);
    on("shown", again);
  }
  figures[id] = { figure, click, arrange };
  draw(id, true);
}

// A figure is bare when it is new, or when Gradio has drawn it anew.
function draw(id, anew = false) {
  const place = document.querySelector(`#${id}`);
  const graph = place?.querySelector(".js-plotly-plot");
  const width = place?.clientWidth;
  if (!graph?._fullLayout || !window.Plotly || !width) return;
  if (graph.data?.[0]?.israDressed === width && !anew) return;
  const { figure, arrange } = figures[id];
  const data = copied(figure.data);
  data[0].israDressed = width;
  const layout = arrange({ ...copied(figure.layout), width, autosize: false }, width < NARROW);
  layout.font = { ...layout.font, color: colour("soft") };
  window.Plotly.react(graph, data, layout, { displayModeBar: false, responsive: false });
  if (graph.israHeard) return;
  graph.israHeard = true;
  graph.on("plotly_click", ({ points }) => figures[id].click(points[0].customdata));
}
