// A drawing and a photograph go to the model that was made for such images, until the visitor chooses another.
import { el, quiet } from "./dom.js";
import { on } from "./events.js";
import { lookAt, shownTask } from "./server.js";

let made = {}; // by where an image comes from, the task that was made for it
let draw = () => {};
let moved = null; // what was moved to such a task: the ask, the task it is on and the one it was on
let stays = false;

export function lookAtSuited(source, what) {
  const task = made[source];
  const from = shownTask();
  if (moved?.source === source) moved.what = what;
  if (stays || !task || task.name === from) return lookAt(what);
  moved = { what, source, to: task, from };
  draw();
  lookAt({ ...what, checkpoint: task.name });
}

const CAMERA = '#input-image [aria-label="Capture from camera"].selected';

export const lookAtFile = () => lookAtSuited(document.querySelector(CAMERA) ? "camera" : "file", { kind: "file" });

const WORDS = { sketch: "drawings", camera: "photographs" };

export function suited({ element }) {
  draw = () => {
    if (!moved) return element.replaceChildren();
    const back = () => {
      const { what, from } = moved;
      stays = true;
      moved = null;
      draw();
      lookAt({ ...what, checkpoint: from });
    };
    const said = `Asked ${moved.to.title}, whose models were made for ${WORDS[moved.source]}. `;
    const undo = quiet("Stay with the one before", back);
    element.replaceChildren(el("p.isra-suited", { role: "status" }, said, undo));
  };
  on("task", (name) => {
    if (!moved || name === moved.to.name) return;
    stays = name !== moved.from || stays;
    moved = null;
    draw();
  });
  return (value) => {
    made = value;
    draw();
  };
}
