// What a point says when the pointer or the keyboard is on it: its image beside it, and a ring in every panel.
import { domainMark, el, thumb } from "./dom.js";
import { words } from "./format.js";
import { debounce } from "./browser.js";
import { NOT_SHOWN } from "./server.js";

const DWELL = 125;

export class MapHover {
  constructor(plot) {
    this.plot = plot;
    this.tip = document.body.appendChild(el("div.isra-hover", { hidden: true, role: "status" }));
    this.rings = [];
  }

  // `value`: the task and its points, as the server sent them.
  describe(value) {
    this.value = value;
  }

  showAtPoint(row, m) {
    debounce("hover", DWELL, () => this.show(row, ...this.plot.position(row, m)));
  }

  show(row, x, y) {
    if (!this.plot.rows.length) return;
    this.mark(row);
    this.tip.replaceChildren(...this.face(row));
    this.tip.hidden = false;
    const inside = (at, size, room) => `${Math.max(8, Math.min(at + 16, room - size - 8))}px`;
    this.tip.style.left = inside(x, this.tip.offsetWidth, window.innerWidth);
    this.tip.style.top = inside(y, this.tip.offsetHeight, window.innerHeight);
  }

  hide() {
    debounce("hover", 0, () => {
      this.tip.hidden = true;
      this.mark(null);
    });
  }

  mark(row) {
    this.plot.models.forEach((_, m) => {
      const ring = (this.rings[m] ??= document.body.appendChild(el("div.isra-ring", { "aria-hidden": "true" })));
      ring.hidden = row == null || !this.plot.isShown(m);
      if (ring.hidden) return;
      const [x, y] = this.plot.position(row, m);
      Object.assign(ring.style, { left: `${x}px`, top: `${y}px` });
    });
  }

  // A press on a point whose image is not ours to show is answered where it was pressed.
  refuse() {
    this.tip.replaceChildren(el("p.isra-refusal", NOT_SHOWN));
    this.tip.hidden = false;
  }

  face(row) {
    const { task, points } = this.value;
    const domain = points.target[row] ? "target" : "source";
    const name = (index) => words(points.classes[index]);
    const says = ({ name: model, title }) => {
      const said = points.predicted[model][row];
      const right = points.labels[row] < 0 || said === points.labels[row];
      return el("span", `${title}: `, el(right ? "b" : "i", name(said)));
    };
    const label = el("strong", domainMark(domain), points.labels[row] < 0 ? "no label" : name(points.labels[row]));
    const facts = el("div", label, el("small", task[domain]), this.plot.models.map(says));
    return [thumb(row, task.sprites, 88), facts];
  }
}
