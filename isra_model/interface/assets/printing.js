// Plots as SVG and PNG at print size.
import { download } from "./browser.js";
import { el } from "./dom.js";

const [PIXELS_PER_MM, WIDTH] = [96 / 25.4, 180];
const PNG_SCALE = 300 / 96; // to dots an inch

function plotly() {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  return new Promise((resolve, reject) => {
    const src = new URL("plotly.min.js", document.baseURI);
    document.head.append(el("script", { src, onload: () => resolve(window.Plotly), onerror: reject }));
  });
}

// The figure as it is on the page, black on white, as vectors.
function onPaper(graph) {
  const width = WIDTH * PIXELS_PER_MM;
  const shrink = width / graph.clientWidth;
  const font = { ...graph.layout.font, size: 9, color: "#000000" };
  const layout = {
    ...graph.layout,
    ...{ width, height: graph.clientHeight * shrink, autosize: false, font },
    ...{ paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff" },
    annotations: graph.layout.annotations?.map((annotation) => ({ ...annotation, font })),
  };
  const small = (marker) => ({ ...marker, size: marker.size * shrink });
  const data = graph.data.map((trace) => ({ ...trace, type: "scatter", marker: small(trace.marker) }));
  return { data, layout };
}

async function figureOf(place, chosen) {
  if (place.startsWith("#")) return onPaper(document.querySelector(`${place} .js-plotly-plot`));
  const answer = await fetch(new URL(`${place}?${new URLSearchParams(chosen)}`, document.baseURI));
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

function inMillimetres(address, { width, height }) {
  const mm = (pixels) => `${Number((pixels / PIXELS_PER_MM).toFixed(2))}mm`;
  const sized = (head) =>
    head.replace(/ width="[^"]*"/, ` width="${mm(width)}"`).replace(/ height="[^"]*"/, ` height="${mm(height)}"`);
  const drawing = decodeURIComponent(address.slice(address.indexOf(",") + 1)).replace(/<svg[^>]*>/, sized);
  return URL.createObjectURL(new Blob([drawing], { type: "image/svg+xml" }));
}

// `place` is the address of a figure, or what its plot on the page is found by; `chosen` is what it is to show.
export async function print(place, chosen, format) {
  const [Plotly, { data, layout }] = await Promise.all([plotly(), figureOf(place, chosen)]);
  const { width, height } = layout;
  const scale = format === "png" ? PNG_SCALE : 1;
  const address = await Plotly.toImage({ data, layout }, { format, width, height, scale });
  const name = place.replace(/^#|\.json$/g, "").replaceAll("/", "-");
  download(`${name}.${format}`, format === "svg" ? inMillimetres(address, layout) : address);
}
