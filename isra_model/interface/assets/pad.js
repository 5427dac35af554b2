// The sketch pad: pointer, pen or finger draws black on white; a pause sends the drawing as a PNG.
import { el, quiet } from "./dom.js";
import { lookAtSuited } from "./suited.js";
import { debounce } from "./browser.js";

export const pad = ({ element }) => {
  const SIDE = 384,
    PAUSE = 450,
    MAX_UNDO = 30;
  const canvas = el("canvas.isra-pad", {
    width: SIDE,
    height: SIDE,
    tabindex: "0",
    role: "img",
    "aria-label": "Sketch pad: draw with the pointer",
  });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const history = [];
  let width = 14,
    erasing = false,
    last = null,
    empty = true;

  const blank = () => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, SIDE, SIDE);
    empty = true;
  };
  const keep = () => {
    history.push({ drawing: pen.getImageData(0, 0, SIDE, SIDE), empty });
    if (history.length > MAX_UNDO) history.shift();
  };
  const send = () =>
    debounce(
      "pad",
      PAUSE,
      () => !empty && lookAtSuited("sketch", { kind: "sketch", png: canvas.toDataURL("image/png") }),
    );
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  };
  const stroke = (from, to) => {
    Object.assign(pen, {
      lineWidth: erasing ? width * 2.5 : width,
      lineCap: "round",
      lineJoin: "round",
      strokeStyle: erasing ? "#fff" : "#111",
    });
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(to[0] + 0.01, to[1]);
    pen.stroke();
    empty = false;
  };
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    try {
      canvas.setPointerCapture(event.pointerId);
    } catch {}
    keep();
    last = at(event);
    stroke(last, last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const point = at(event);
    stroke(last, point);
    last = point;
  });
  for (const name of ["pointerup", "pointercancel"])
    canvas.addEventListener(name, () => {
      if (last) {
        last = null;
        send();
      }
    });

  const undo = () => {
    const before = history.pop();
    if (!before) return;
    pen.putImageData(before.drawing, 0, 0);
    empty = before.empty;
    send();
  };
  canvas.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z") {
      event.preventDefault();
      undo();
    }
  });
  const eraser = quiet("Erase", () => {
    erasing = !erasing;
    eraser.setAttribute("aria-pressed", String(erasing));
  });
  const size = el("input", {
    type: "range",
    min: "4",
    max: "36",
    value: String(width),
    "aria-label": "Width of the pen",
    oninput: (event) => (width = Number(event.target.value)),
  });
  element.replaceChildren(
    canvas,
    el(
      "div.isra-tools",
      size,
      eraser,
      quiet("Undo", undo),
      quiet("Clear", () => {
        keep();
        blank();
      }),
    ),
  );
  blank();
  return () => {};
};
