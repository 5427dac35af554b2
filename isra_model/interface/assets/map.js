// The tab Map. The figure comes once; colours, highlights, the star and the training's frames are put on it here.
(() => {
  "use strict";
  const { el, term, words } = isra;
  const DWELL = 125, FRAME = 40, STEPS = 14, TRACES = 3, POINT_TRACES = [0, 1], NARROW = 700;

  isra.panels.map = ({ element, trigger }) => {
    const state = { map: "umap", colour: "domain", topic: 0, focus: null };
    let gd = null, value = {}, traceRows = [], coordinates = [], cursor = null, playing = null, selected = null;
    const models = () => Object.keys(value.task.titles);
    const starsNow = () => value.stars?.[state.map] ?? [];
    const pointTraces = () => models().flatMap((_, m) => POINT_TRACES.map((k) => m * TRACES + k));
    const place = () => document.querySelector("#map-plot");

    // ---- the figure ----
    function attach() {
      const found = place()?.querySelector(".js-plotly-plot");
      if (!found || !found._fullLayout || !window.Plotly) return;
      if (found !== gd) {
        gd = found;
        gd.on("plotly_click", (event) => open(rowOf(event.points[0])));
        gd.on("plotly_hover", (event) => hover(event.points[0]));
        gd.on("plotly_unhover", unhover);
        gd.on("plotly_selecting", unhover);
        gd.on("plotly_selected", (event) => event && lasso(event.points));
        gd.on("plotly_deselect", () => select(null));
        gd.on("plotly_afterplot", fresh);
        keyboard();
      }
      fresh();
    }
    function fresh() {
      if (!value.task || gd.data[0].israDressed || gd.layout.meta?.task !== value.task.name) return;
      gd.data[0].israDressed = true;
      // The figure's numbers come packed; Plotly's own copy of the traces has them as arrays.
      traceRows = gd._fullData.map((trace) => Array.from(trace.customdata ?? []));
      coordinates = gd._fullData.map((trace) => ({ x: Array.from(trace.x), y: Array.from(trace.y) }));
      queueMicrotask(() => { arrange(); dress(); });
    }
    const restyle = (update, traces) => gd && window.Plotly.restyle(gd, update, traces);
    function dress() {
      if (value.colouring) recolour(value.colouring);
      if (value.geometry) move(value.geometry);
      star();
      select(selected);
    }
    function recolour({ updates }) {
      restyle({ "marker.color": updates.map((u) => u.color), "marker.symbol": updates.map((u) => u.symbol) }, updates.map((u) => u.trace));
    }
    function move(traces) {
      traces.forEach(({ trace, x, y }) => (coordinates[trace] = { x, y }));
      restyle({ x: traces.map((t) => t.x), y: traces.map((t) => t.y) }, traces.map((t) => t.trace));
    }
    function star() {
      const stars = starsNow();
      if (stars.length) restyle({ x: stars.map((s) => [s.position[0]]), y: stars.map((s) => [s.position[1]]), "marker.symbol": stars.map((s) => (s.off_map ? "star-open" : "star")) }, stars.map((s) => s.trace));
    }
    function heightOf(narrow, count) {
      if (narrow) return state.focus == null ? 340 * count : 380;
      return state.focus == null ? Math.min(600, Math.max(340, (1.32 * place().clientWidth) / count)) : 600;
    }
    // One panel a model: side by side, or below each other where it is narrow, or one of them alone.
    function arrange() {
      if (!gd) return;
      const [count, narrow] = [models().length, place().clientWidth < NARROW];
      const layout = { "font.color": isra.isDark() ? "#a9b0ba" : "#5c6470", height: heightOf(narrow, count) };
      models().forEach((_, m) => {
        const n = m ? m + 1 : "";
        const shown = state.focus == null || state.focus === m;
        const [width, gap] = [1 / count, 0.012];
        const share = [m * width + (m ? gap / 2 : 0), (m + 1) * width - (m < count - 1 ? gap / 2 : 0)];
        const full = state.focus === m;
        const across = full || narrow ? [0, 1] : share;
        const down = full || !narrow ? [0, 1] : [1 - share[1], 1 - share[0] - 0.05];
        layout[`xaxis${n}.domain`] = shown ? across : [0, 0.0001];
        layout[`yaxis${n}.domain`] = shown ? down : [0, 0.0001];
        layout[`annotations[${m}].x`] = (across[0] + across[1]) / 2;
        layout[`annotations[${m}].y`] = down[1];
        layout[`annotations[${m}].visible`] = shown;
      });
      const all = gd.data.map((_, t) => t);
      window.Plotly.update(gd, { visible: all.map((t) => state.focus == null || Math.floor(t / TRACES) === state.focus) }, layout, all);
    }
    const rowOf = (point) => traceRows[point.curveNumber]?.[point.pointIndex ?? point.pointNumber] ?? null;

    // ---- hover, click, lasso, keyboard ----
    const tip = el("div.isra-hover", { hidden: true, role: "status" });
    const rings = [];
    document.body.append(tip);
    function describe(row) {
      const { classes, labels, target, predicted } = value.points;
      const domain = target[row] ? "target" : "source";
      return [isra.thumb(row, value.task.sprites, 88), el("div", {},
        el("strong", {}, isra.domainMark(domain), words(classes[labels[row]])), el("small", {}, value.task[domain]),
        models().map((m) => el("span", {}, `${value.task.titles[m]}: `, el(predicted[m][row] === labels[row] ? "b" : "i", {}, words(classes[predicted[m][row]])))))];
    }
    function position(row, m) {
      const trace = POINT_TRACES.map((k) => m * TRACES + k).find((t) => traceRows[t].includes(row));
      const at = traceRows[trace].indexOf(row);
      const full = gd._fullLayout, n = m ? m + 1 : "";
      const [xaxis, yaxis] = [full[`xaxis${n}`], full[`yaxis${n}`]];
      const box = gd.getBoundingClientRect();
      return [box.left + xaxis._offset + xaxis.l2p(coordinates[trace].x[at]), box.top + yaxis._offset + yaxis.l2p(coordinates[trace].y[at])];
    }
    function mark(row) {
      models().forEach((_, m) => {
        const ring = (rings[m] ??= document.body.appendChild(el("div.isra-ring", { "aria-hidden": "true" })));
        ring.hidden = row == null || (state.focus != null && state.focus !== m);
        if (ring.hidden) return;
        const [x, y] = position(row, m);
        Object.assign(ring.style, { left: `${x}px`, top: `${y}px` });
      });
    }
    function show(row, x, y) {
      mark(row);
      tip.replaceChildren(...describe(row));
      tip.hidden = false;
      tip.style.left = `${Math.max(8, Math.min(x + 16, window.innerWidth - tip.offsetWidth - 8))}px`;
      tip.style.top = `${Math.max(8, Math.min(y + 16, window.innerHeight - tip.offsetHeight - 8))}px`;
    }
    function hover(point) {
      const row = rowOf(point);
      if (row == null) return unhover();
      const m = Math.floor(point.curveNumber / TRACES);
      isra.debounce("hover", DWELL, () => show(row, ...position(row, m)));
    }
    function unhover() {
      isra.debounce("hover", 0, () => { tip.hidden = true; mark(null); });
    }
    function open(row) {
      if (row == null) return;
      unhover();
      trigger("open", { row });
      isra.openTab("Predict");
      isra.openTab("Image");
    }
    function lasso(points) {
      const rows = [...new Set(points.map(rowOf).filter((row) => row != null))];
      if (!rows.length) return select(null);
      const model = models()[Math.floor(points[0].curveNumber / TRACES)];
      select(rows);
      trigger("lasso", { rows, model });
    }
    function select(rows) {
      selected = rows;
      const chosen = rows && new Set(rows);
      const traces = pointTraces();
      if (traceRows.length) restyle({ selectedpoints: traces.map((t) => chosen ? traceRows[t].flatMap((row, i) => (chosen.has(row) ? [i] : [])) : null) }, traces);
    }
    function release() {
      cursor = null;
      unhover();
      select(null);
      if (gd?.layout.selections?.length) window.Plotly.relayout(gd, { selections: [] });
    }
    // Arrow keys go to the nearest image in that direction, Enter opens it, Escape lets go.
    function keyboard() {
      gd.tabIndex = 0;
      gd.setAttribute("role", "application");
      gd.setAttribute("aria-label", "Map of source and target images. Arrow keys go from image to image, Enter opens one.");
      gd.addEventListener("keydown", (event) => {
        const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (event.key === "Enter" && cursor != null) return open(cursor);
        if (event.key === "Escape") return release();
        if (!way) return;
        event.preventDefault();
        cursor = step(way);
        show(cursor, ...position(cursor, state.focus ?? models().length - 1));
      });
    }
    function step([dx, dy]) {
      const m = state.focus ?? models().length - 1;
      const rows = POINT_TRACES.flatMap((k) => traceRows[m * TRACES + k]);
      if (cursor == null) return rows[0];
      const [x, y] = position(cursor, m);
      let [best, least] = [cursor, Infinity];
      for (const row of rows) {
        const [u, v] = position(row, m);
        const ahead = (u - x) * dx + (v - y) * dy;
        const aside = Math.abs((u - x) * dy) + Math.abs((v - y) * dx);
        const cost = ahead + 2.5 * aside;
        if (row !== cursor && ahead > 1 && cost < least) [best, least] = [row, cost];
      }
      return best;
    }

    // ---- playing the training ----
    async function play(frames, button, caption) {
      if (playing) return (playing.stop = true);
      const run = (playing = { stop: false });
      button.textContent = "Stop";
      const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      const ease = (t) => t * t * (3 - 2 * t);
      for (let f = 0; f < frames.length && !run.stop; f++) {
        caption.textContent = `step ${frames[f].step}`;
        const [from, to] = [frames[Math.max(0, f - 1)].traces, frames[f].traces];
        const steps = still || f === 0 ? 1 : STEPS;
        for (let s = 1; s <= steps && !run.stop; s++) {
          const t = ease(s / steps);
          move(to.map((trace, i) => ({ trace: trace.trace, x: trace.x.map((v, k) => from[i].x[k] + t * (v - from[i].x[k])), y: trace.y.map((v, k) => from[i].y[k] + t * (v - from[i].y[k])) })));
          await new Promise((resolve) => setTimeout(resolve, still ? 600 : FRAME));
        }
      }
      if (value.finished) move(value.finished);
      caption.textContent = "";
      button.textContent = "Play the training";
      playing = null;
    }

    // ---- the rail ----
    const ask = () => trigger("restyle", { map: state.map, colour: state.colour, topic: state.topic });
    const segments = (label, options, current, choose) => el("div.isra-segments", { role: "group", "aria-label": label }, options.map(([key, text, tipKey]) =>
      el("button", { type: "button", "aria-pressed": String(key === current), "data-tip": isra.terms[tipKey] ?? null, onclick: (event) => {
        event.currentTarget.parentElement.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", String(b === event.currentTarget)));
        choose(key);
      } }, text)));

    function legend({ kind, entries, colours, low, high }) {
      if (kind === "scale") return el("div.isra-legend", {}, el("i.scale", { style: { background: `linear-gradient(to right, ${colours.join(",")})` } }), el("div", {}, el("small", {}, low.toPrecision(2)), el("small", {}, high.toPrecision(2))));
      return el("div.isra-legend", {}, entries.map((entry) => el("span", {}, ["source", "target"].includes(entry.symbol) ? isra.domainMark(entry.symbol) : el(`i.dot${entry.symbol === "open" ? ".open" : ""}`, { vars: { "--c": entry.colour } }), entry.name)));
    }

    const rail = { legend: el("div"), honesty: el("div"), caption: el("small.isra-step") };
    function build() {
      const topic = el("label.isra-row", { hidden: state.colour !== "topic" }, el("span", {}, "topic j"), el("input", { type: "number", min: "0", max: String(Math.max(0, value.topics - 1)), value: String(state.topic), "aria-label": "Topic", onchange: (event) => {
        state.topic = Math.max(0, Math.min(value.topics - 1, Math.round(Number(event.target.value)) || 0));
        ask();
      } }));
      const colour = el("select", { "aria-label": "Colour by", onchange: (event) => { state.colour = event.target.value; topic.hidden = state.colour !== "topic"; ask(); } },
        value.colourBy.map((name) => el("option", { value: name, selected: name === state.colour }, { topic: "topic response", overlap: "neighbour overlap" }[name] ?? name)));
      const playButton = el("button.isra-quiet", { type: "button", onclick: () => (value.frames ? play(value.frames, playButton, rail.caption) : trigger("frames", { map: state.map })) }, "Play the training");
      rail.play = playButton;
      element.replaceChildren(el("div.isra-rail", {},
        segments("Map", [["umap", "UMAP", "umap"], ["tsne", "t-SNE", "tsne"]], state.map, (key) => { state.map = key; value.frames = value.finished = null; ask(); }),
        el("label.isra-stack", {}, el("span", {}, "Colour by"), colour), topic, rail.legend,
        el("label.isra-stack", {}, el("span", {}, "Models")),
        segments("Models", [[null, "All"], ...models().map((m, i) => [i, value.task.titles[m].replace("BA3US + ISRA", "+ISRA").replace("Source only", "Source"), m])], state.focus, (key) => { state.focus = key; arrange(); }),
        el("label.isra-stack", {}, el("span", {}, "Drag to")),
        segments("Drag to", [["lasso", "Select"], ["zoom", "Zoom"], ["pan", "Move"]], "lasso", (key) => window.Plotly.relayout(gd, { dragmode: key })),
        el("div.isra-buttons", {},
          el("button.isra-quiet", { type: "button", onclick: () => window.Plotly.relayout(gd, Object.fromEntries(models().flatMap((_, m) => [[`xaxis${m ? m + 1 : ""}.autorange`, true], [`yaxis${m ? m + 1 : ""}.autorange`, true]]))) }, "Reset view"),
          value.playable ? playButton : null, rail.caption),
        rail.honesty));
      refresh();
    }
    function refresh() {
      rail.legend.replaceChildren(legend(value.colouring.legend));
      rail.honesty.replaceChildren(el("p.isra-honest", {}, term("overlap", "Neighbour overlap"), " on this map: ", models().map((m) => el("span", {}, `${value.task.titles[m]} ${value.overlap[state.map][m].toFixed(2)}`)), " 1 would be a map without distortion."),
        starsNow().some((s) => s.off_map) ? el("p.isra-warning", {}, term("off the map", "▲ Off the map"), ": your image is unlike any training image, so its star is only a guess.") : "");
    }

    new MutationObserver(() => isra.debounce("attach", 30, attach)).observe(document.body, { childList: true, subtree: true });
    window.addEventListener("resize", () => isra.debounce("arrange", 150, arrange));
    isra.on("theme", arrange);
    isra.on("stars", (stars) => isra.emit("map", { stars }));
    isra.on("highlight", (rows) => { release(); select(rows); });
    isra.on("hover", ({ row, x, y }) => (row == null ? unhover() : gd && show(row, x, y)));

    isra.on("map", (next) => {
      if (!value.task) return;
      value = { ...value, ...next };
      refresh();
      if (next.colouring) recolour(next.colouring);
      if (next.geometry) move(next.geometry);
      if (next.stars || next.geometry) star();
      if (next.frames) { value.finished ??= home(); play(next.frames, rail.play, rail.caption); }
    });
    const home = () => pointTraces().map((t) => ({ trace: t, ...coordinates[t] }));

    return (next) => {
      value = next;
      selected = cursor = null;
      Object.assign(state, next.state);
      build();
      attach();
      if (isra.last.stars) isra.emit("map", { stars: isra.last.stars });
    };
  };

  // A gallery image as a button: hovering or focusing it shows where it lies on the maps, pressing it opens it in Predict.
  const tiles = (sprites, trigger) => (row, note) => {
    const show = (event) => {
      const box = event.currentTarget.getBoundingClientRect();
      isra.emit("hover", { row, x: box.right, y: box.top });
    };
    const hide = () => isra.emit("hover", {});
    const open = () => { hide(); trigger("open", { row }); isra.openTab("Predict"); isra.openTab("Image"); };
    return el("button.isra-neighbour", { type: "button", "aria-label": `Open image ${row}`, onclick: open, onmouseenter: show, onmouseleave: hide, onfocus: show, onblur: hide },
      isra.thumb(row, sprites, 52), note == null ? null : el("small", {}, note));
  };

  isra.panels.moved = ({ element, trigger }) => (value) => {
    const tile = tiles(value.task.sprites, trigger);
    element.replaceChildren(...(value.rows.length ? [
      el("div.isra-headline", {}, el("h3", {}, term("moved most", "Moved most"), el("small", {}, "neighbours kept, source-only to BA3US + ISRA")),
        el("button.isra-quiet", { type: "button", onclick: () => isra.emit("highlight", value.rows.map((entry) => entry.row)) }, "Highlight")),
      el("div.isra-moved", {}, value.rows.map((entry) => tile(entry.row, isra.percent(entry.kept)))),
    ] : []));
  };

  // The card beside the map: the image that is looked at, a selection, or the ranking.
  isra.panels.card = ({ element, trigger }) => {
    let image = null;
    return function draw(value) {
      if (value.kind === "image") image = value;
      const tile = tiles(value.task.sprites, trigger);
      const bars = (rows, max) => el("div.isra-counts", {}, rows.map(([name, count, text]) => el("div", { vars: { "--p": count / max } }, el("span", {}, name), el("i"), el("b", {}, text ?? String(count)))));
      const faces = {
        image: () => [el("h2", {}, "Your image"), el("img.isra-picture", { src: value.picture, alt: "The image that is looked at" }),
          value.models.map((m) => el("p.isra-said", {}, el("span", {}, m.title), el("strong", {}, words(m.label)), el("small", {}, isra.percent(m.probability)))),
          el("p.isra-honest", {}, "The star: placed beside its nearest neighbours in feature space.")],
        selection: () => [el("div.isra-headline", {}, el("h2", {}, `${value.rows.length} images`), el("span.isra-grow"), el("button.isra-quiet", { type: "button", onclick: () => { isra.emit("highlight", null); if (image) draw(image); } }, "Clear"), el("button.isra-quiet", { type: "button", onclick: () => isra.download("selection.csv", URL.createObjectURL(new Blob([value.csv], { type: "text/csv" }))) }, "CSV")),
          el("p.isra-domains", {}, isra.domainMark("source"), `${value.domains.source} source`, isra.domainMark("target"), `${value.domains.target} target`),
          el("p", {}, term("mixing", "mixing"), " ", el("strong", {}, value.mixing == null ? "–" : value.mixing.toFixed(2))),
          el("h3", {}, "Classes"), bars(value.classes.slice(0, 6).map(([label, n]) => [words(label), n]), value.classes[0][1]),
          value.topics.length ? [el("h3", {}, "Topics, against the rest"), bars(value.topics.slice(0, 5).map(([j, inside, outside]) => [`#${j}`, Math.abs(inside - outside), isra.signed(inside - outside)]), Math.max(...value.topics.slice(0, 5).map(([, a, b]) => Math.abs(a - b))))] : null,
          el("div.isra-mosaic", {}, value.rows.slice(0, 12).map((row) => tile(row)))],
      };
      element.replaceChildren(el("div.isra-card", {}, faces[value.kind]()));
    };
  };
})();
