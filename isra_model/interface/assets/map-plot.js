// The figure of the linked maps. It comes once from the server; everything after that is put on it here.
import { debounce } from "./browser.js";
import { colour } from "./colours.js";

const TRACES = 3, // of a model: source points, target points, the star
  POINTS = [0, 1],
  NARROW = 700;
const isInside = ({ left, top, width, height }, x, y) => x > left && y > top && x < left + width && y < top + height;
const axis = (letter, m) => `${letter}axis${m ? m + 1 : ""}`;

// `hears` says what the visitor did: open(row), hover(row, m), leave(), lasso(rows, m), release(), moving() while the
// figure is moved; drawn() says that it shows something else than before.
export class MapPlot {
  constructor(hears) {
    this.hears = hears;
    this.graph = null;
    this.task = null;
    this.models = [];
    this.focus = null;
    this.rows = []; // by trace: the gallery's row of each point
    this.coordinates = []; // by trace: where its points are now
    const attach = () => debounce("attach", 30, () => this.attach());
    new MutationObserver(attach).observe(document.body, { childList: true, subtree: true });
    this.sizes = new ResizeObserver(() => debounce("fit", 100, () => this.fit()));
  }

  // Name the figure to expect; `dressed` is called whenever it is on the page and bare.
  expect(task, models, dressed) {
    Object.assign(this, { task, models, dressed });
    this.attach();
  }

  get place() {
    return document.querySelector("#map-plot");
  }

  get pointTraces() {
    return this.models.flatMap((_, m) => this.tracesOf(m));
  }

  tracesOf(m) {
    return POINTS.map((k) => m * TRACES + k);
  }

  attach() {
    const found = this.place?.querySelector(".js-plotly-plot");
    if (!found?._fullLayout || !window.Plotly) return;
    if (found !== this.graph) {
      this.graph = found;
      this.width = null;
      this.sizes.disconnect();
      this.sizes.observe(this.place);
      this.listen();
    }
    this.dressIfBare();
  }

  listen() {
    const { graph, hears } = this;
    const model = (point) => Math.floor(point.curveNumber / TRACES);
    const rowOf = (point) => this.rows[point.curveNumber]?.[point.pointIndex ?? point.pointNumber] ?? null;
    graph.on("plotly_click", ({ points }) => rowOf(points[0]) != null && hears.open(rowOf(points[0])));
    graph.on("plotly_hover", ({ points }) => {
      const row = rowOf(points[0]);
      row == null ? hears.leave() : hears.hover(row, model(points[0]));
    });
    graph.on("plotly_unhover", hears.leave);
    graph.on("plotly_selecting", hears.leave);
    graph.on("plotly_deselect", hears.release);
    graph.on("plotly_afterplot", () => {
      this.dressIfBare();
      hears.drawn();
    });
    graph.on("plotly_relayouting", () => hears.moving());
    graph.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    graph.on("plotly_selected", (event) => {
      if (!event) return;
      const rows = [...new Set(event.points.map(rowOf).filter((row) => row != null))];
      rows.length ? hears.lasso(rows, model(event.points[0])) : hears.release();
    });
    hears.attached(graph);
  }

  // A figure is bare when it is new, or when Gradio has drawn it anew.
  dressIfBare() {
    const { graph } = this;
    if (graph.data[0].israDressed || graph.layout.meta?.task !== this.task) return;
    graph.data[0].israDressed = true;
    // The figure's numbers come packed; Plotly's own copy of the traces has them as arrays.
    this.rows = graph._fullData.map((trace) => Array.from(trace.customdata ?? []));
    this.coordinates = graph._fullData.map((trace) => ({ x: Array.from(trace.x), y: Array.from(trace.y) }));
    queueMicrotask(() => {
      this.arrange();
      this.dressed();
    });
  }

  restyle(update, traces) {
    if (this.rows.length && traces.length) window.Plotly.restyle(this.graph, update, traces);
  }

  recolour(updates) {
    const traces = updates.map((update) => update.trace);
    this.restyle(
      { "marker.color": updates.map((u) => u.color), "marker.symbol": updates.map((u) => u.symbol) },
      traces,
    );
  }

  move(updates) {
    updates.forEach(({ trace, x, y }) => (this.coordinates[trace] = { x, y }));
    const traces = updates.map((update) => update.trace);
    this.restyle({ x: updates.map((u) => u.x), y: updates.map((u) => u.y) }, traces);
  }

  // Where all points are now, as `move` takes it.
  now() {
    return this.pointTraces.map((trace) => ({ trace, ...this.coordinates[trace] }));
  }

  star(stars) {
    const update = {
      x: stars.map((star) => [star.position[0]]),
      y: stars.map((star) => [star.position[1]]),
      "marker.symbol": stars.map((star) => (star.off_map ? "star-open" : "star")),
    };
    this.restyle(
      update,
      stars.map((star) => star.trace),
    );
  }

  // Show only these rows in full colour, in every panel; null shows all.
  select(rows) {
    const chosen = rows && new Set(rows);
    const places = (trace) => this.rows[trace].flatMap((row, i) => (chosen.has(row) ? [i] : []));
    const traces = this.rows.length ? this.pointTraces : [];
    this.restyle({ selectedpoints: traces.map((trace) => (chosen ? places(trace) : null)) }, traces);
  }

  eraseLassos() {
    if (this.graph?.layout.selections?.length) window.Plotly.relayout(this.graph, { selections: [] });
  }

  dragTo(mode) {
    window.Plotly.relayout(this.graph, { dragmode: mode });
  }

  // The wheel scrolls the page, unless the figure is what the visitor moves.
  wheel(event) {
    if (!event.ctrlKey && this.graph.layout.dragmode === "lasso") return;
    const box = this.graph.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const m = this.models.findIndex((_, i) => this.isShown(i) && isInside(this.frame(i), x, y));
    if (m < 0) return;
    event.preventDefault();
    this.zoom(m, x, y, Math.exp(event.deltaY * 0.0016));
  }

  // Shows `factor` times as much of a panel, around a point in pixels of the figure.
  zoom(m, x, y, factor) {
    const { left, top } = this.frame(m);
    const around = (name, at) => {
      const { range, p2l } = this.graph._fullLayout[name];
      const middle = p2l(at);
      return range.map((end) => middle + factor * (end - middle));
    };
    window.Plotly.relayout(this.graph, {
      [`${axis("x", m)}.range`]: around(axis("x", m), x - left),
      [`${axis("y", m)}.range`]: around(axis("y", m), y - top),
    });
  }

  resetView() {
    const axes = this.models.flatMap((_, m) => [axis("x", m), axis("y", m)]);
    window.Plotly.relayout(this.graph, Object.fromEntries(axes.map((name) => [`${name}.autorange`, true])));
  }

  // Where a panel is in the figure, in pixels.
  frame(m) {
    const { [axis("x", m)]: x, [axis("y", m)]: y } = this.graph._fullLayout;
    return { left: x._offset, top: y._offset, width: x._length, height: y._length };
  }

  // The points that a panel shows now, with where they are in it and how they look; null if there are more than `most`.
  inView(m, most) {
    const { [axis("x", m)]: x, [axis("y", m)]: y } = this.graph._fullLayout;
    const found = [];
    for (const trace of this.tracesOf(m)) {
      const { marker, selectedpoints } = this.graph.data[trace];
      const chosen = selectedpoints && new Set(selectedpoints);
      const at = this.coordinates[trace];
      for (let i = 0; i < at.x.length; i++) {
        const [left, top] = [x.l2p(at.x[i]), y.l2p(at.y[i])];
        if (left < 0 || top < 0 || left > x._length || top > y._length) continue;
        if (found.length === most) return null;
        const [colour, symbol] = [marker.color, marker.symbol].map((look) =>
          typeof look === "string" ? look : look[i],
        );
        found.push({ row: this.rows[trace][i], x: left, y: top, colour, symbol, chosen: !chosen || chosen.has(i) });
      }
    }
    return found;
  }

  // The rows nearest to `row` on a model's map, nearest first.
  around(row, m, count) {
    const points = this.tracesOf(m).flatMap((trace) =>
      this.rows[trace].map((other, i) => [other, this.coordinates[trace].x[i], this.coordinates[trace].y[i]]),
    );
    const [, x, y] = points.find(([other]) => other === row);
    const distance = ([, u, v]) => (u - x) ** 2 + (v - y) ** 2;
    const others = points.filter(([other]) => other !== row).sort((a, b) => distance(a) - distance(b));
    return others.slice(0, count).map(([other]) => other);
  }

  isShown(m) {
    return this.focus == null || this.focus === m;
  }

  // A figure that came while its tab was hidden has no width until the tab is opened.
  fit() {
    const width = this.place?.clientWidth;
    if (!width || width === this.width) return;
    this.width = width;
    window.Plotly.relayout(this.graph, { autosize: true, width: null });
    this.arrange();
  }

  // One panel a model: side by side, below each other where it is narrow, or one of them alone.
  arrange() {
    if (!this.graph) return;
    const narrow = this.place.clientWidth < NARROW;
    const layout = { "font.color": colour("soft"), height: this.height(narrow) };
    this.models.forEach((_, m) => {
      const [across, down] = this.panel(m, narrow);
      layout[`${axis("x", m)}.domain`] = this.isShown(m) ? across : [0, 0.0001];
      layout[`${axis("y", m)}.domain`] = this.isShown(m) ? down : [0, 0.0001];
      layout[`annotations[${m}].x`] = (across[0] + across[1]) / 2;
      layout[`annotations[${m}].y`] = down[1];
      layout[`annotations[${m}].visible`] = this.isShown(m);
    });
    const traces = this.graph.data.map((_, trace) => trace);
    const visible = traces.map((trace) => this.isShown(Math.floor(trace / TRACES)));
    window.Plotly.update(this.graph, { visible }, layout, traces);
  }

  height(narrow) {
    const count = this.models.length;
    if (narrow) return this.focus == null ? 340 * count : 380;
    return this.focus == null ? Math.min(600, Math.max(340, (1.32 * this.place.clientWidth) / count)) : 600;
  }

  panel(m, narrow) {
    const [count, gap] = [this.models.length, 0.006];
    const share = [m / count + (m ? gap : 0), (m + 1) / count - (m < count - 1 ? gap : 0)];
    const alone = this.focus === m;
    const across = alone || narrow ? [0, 1] : share;
    const down = alone || !narrow ? [0, 1] : [1 - share[1], 1 - share[0] - 0.05];
    return [across, down];
  }

  // Where a row is in a model's panel, in pixels of the window.
  position(row, m) {
    const trace = this.tracesOf(m).find((t) => this.rows[t].includes(row));
    const at = this.rows[trace].indexOf(row);
    const { [axis("x", m)]: x, [axis("y", m)]: y } = this.graph._fullLayout;
    const box = this.graph.getBoundingClientRect();
    const point = this.coordinates[trace];
    return [box.left + x._offset + x.l2p(point.x[at]), box.top + y._offset + y.l2p(point.y[at])];
  }

  // The nearest row from `row` in a direction of the screen, or the first one from nowhere.
  next(row, [dx, dy], m) {
    const rows = this.tracesOf(m).flatMap((trace) => this.rows[trace]);
    if (row == null) return rows[0];
    const [x, y] = this.position(row, m);
    let [best, least] = [row, Infinity];
    for (const other of rows) {
      const [u, v] = this.position(other, m);
      const ahead = (u - x) * dx + (v - y) * dy;
      const aside = Math.abs((u - x) * dy) + Math.abs((v - y) * dx);
      const cost = ahead + 2.5 * aside;
      if (other !== row && ahead > 1 && cost < least) [best, least] = [other, cost];
    }
    return best;
  }
}
