// The plots of a view as one SVG or PNG at print size.
import { download } from "./browser.js";
import { el, svg } from "./dom.js";
import { drawn } from "./paper.js";
import { selection } from "./selection.js";

const PIXELS_PER_MM = 96 / 25.4;
const [WIDTH, GAP] = [180 * PIXELS_PER_MM, 4 * PIXELS_PER_MM];
const PNG_SCALE = 300 / 96; // to dots an inch
const TEXT = 9; // 6.75 points

function plotly() {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  return new Promise((resolve, reject) => {
    const src = new URL("plotly.min.js", document.baseURI);
    document.head.append(el("script", { src, onload: () => resolve(window.Plotly), onerror: reject }));
  });
}

// A figure as it is on the page, black on white, as vectors.
function onPaper({ data, layout, clientWidth, clientHeight }) {
  const shrink = Math.min(WIDTH / clientWidth, 1);
  const ofText = TEXT / layout.font.size;
  const font = { ...layout.font, size: TEXT, color: "#000000" };
  const scaled = (lengths, keys) => Object.fromEntries(keys.map((key) => [key, (lengths?.[key] ?? 0) * ofText]));
  const note = (annotation) => ({
    ...annotation,
    ...scaled(annotation, ["xshift", "yshift"]),
    font,
    bgcolor: annotation.bgcolor && "#ffffff",
  });
  const paper = {
    ...layout,
    ...{ width: WIDTH, height: clientHeight * shrink, autosize: false, font },
    ...{ paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff" },
    margin: { ...layout.margin, ...scaled(layout.margin, ["l", "r", "t", "b"]) },
    annotations: layout.annotations?.map(note),
  };
  const small = ({ marker }) => marker && { marker: { ...marker, size: marker.size * shrink } };
  return { data: data.map((trace) => ({ ...trace, type: "scatter", ...small(trace) })), layout: paper };
}

async function drawnByPlotly({ data, layout }) {
  const [Plotly, { width, height }] = [await plotly(), layout];
  const address = await Plotly.toImage({ data, layout }, { format: "svg", width, height });
  const text = decodeURIComponent(address.slice(address.indexOf(",") + 1));
  return new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
}

// `place` is the address of a figure, or what finds a part of the page.
async function part(place, chosen) {
  if (!/^[#.]/.test(place)) {
    const answer = await fetch(new URL(`${place}?${new URLSearchParams(chosen)}`, document.baseURI));
    if (!answer.ok) throw new Error(answer.statusText);
    return drawnByPlotly(await answer.json());
  }
  const element = document.querySelector(place);
  if (!element?.clientHeight) return null;
  const graph = element.querySelector(".js-plotly-plot");
  if (graph) return drawnByPlotly(onPaper(graph));
  if (!element.closest(".isra-panel")) throw new Error(`${place} is still to come`);
  return drawn(element, WIDTH);
}

// The parts below each other, on white.
function sheet(parts) {
  let height = -GAP;
  for (const each of parts) {
    each.setAttribute("y", (height += GAP));
    height += Number(each.getAttribute("height"));
  }
  const mm = (pixels) => `${Number((pixels / PIXELS_PER_MM).toFixed(2))}mm`;
  const size = { width: mm(WIDTH), height: mm(height), viewBox: `0 0 ${WIDTH} ${height}` };
  const drawing = svg("svg", size, svg("rect", { width: WIDTH, height, fill: "#ffffff" }), parts);
  const text = new XMLSerializer().serializeToString(drawing);
  return { height, address: URL.createObjectURL(new Blob([text], { type: "image/svg+xml" })) };
}

async function inDots({ address, height }) {
  const picture = Object.assign(new Image(), { src: address });
  await picture.decode();
  const size = { width: Math.round(WIDTH * PNG_SCALE), height: Math.round(height * PNG_SCALE) };
  const canvas = el("canvas", size);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL();
}

// `places` are what the view prints; `chosen` is what the figures that the server makes are to show.
export async function print(places, chosen, format) {
  const parts = await Promise.all(places.map((place) => part(place, chosen)));
  const printed = sheet(parts.filter(Boolean));
  download(`${selection.tab ?? "predict"}.${format}`, format === "svg" ? printed.address : await inDots(printed));
}
