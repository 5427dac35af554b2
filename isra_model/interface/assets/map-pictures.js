// Images instead of dots where few are in view: over each panel a layer of thumbnails, in the colours of their points.
import { domainMark, el, thumb } from "./dom.js";
import { debounce } from "./browser.js";

const MOST = 60, // points in a panel: more stay dots
  [SMALLEST, LARGEST] = [26, 52],
  FILLED = 0.3; // share of the panel that the thumbnails may cover

// The side of a thumbnail where `count` of them share a panel of so many pixels.
export function side(count, width, height) {
  const fits = Math.sqrt((FILLED * width * height) / Math.max(count, 1));
  return Math.round(Math.min(LARGEST, Math.max(SMALLEST, fits)));
}

export class MapPictures {
  constructor(plot) {
    this.plot = plot;
    this.layers = [];
  }

  // `value`: the task and its points, as the server sent them.
  describe(value) {
    this.value = value;
  }

  // Draws what is in view now.
  refresh() {
    debounce("pictures", 60, () => this.draw());
  }

  // While the training is played, the points move.
  pause(playing) {
    this.playing = playing;
    this.refresh();
  }

  clear() {
    this.layers.forEach((layer) => layer.remove());
    this.layers = [];
  }

  draw() {
    this.clear();
    const { plot } = this;
    const isOf = (task) => plot.rows.length && plot.graph.layout.meta?.task === task.name;
    if (!this.value || this.playing || !isOf(this.value.task)) return;
    plot.models.forEach((_, m) => plot.isShown(m) && this.panel(m));
  }

  panel(m) {
    const inView = this.plot.inView(m, MOST);
    if (!inView?.length) return;
    const { left, top, width, height } = this.plot.frame(m);
    const size = side(inView.length, width, height);
    const style = { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
    const pictures = inView.map((point) => this.picture(point, size));
    const layer = el("div.isra-pictures", { style, "aria-hidden": "true" }, pictures);
    this.plot.graph.append(layer);
    this.layers.push(layer);
  }

  picture({ row, x, y, colour, symbol, chosen }, size) {
    const { task, points } = this.value;
    const domain = points.target[row] ? "target" : "source";
    const look = [domain, chosen ? "" : "aside", symbol.endsWith("open") ? "open" : ""].filter(Boolean);
    const style = { left: `${x - size / 2}px`, top: `${y - size / 2}px` };
    const frame = { style, vars: { "--c": colour } };
    return el(`div.${look.join(".")}`, frame, thumb(row, task.sprites, size), domainMark(domain));
  }
}
