// Connects the panels to Gradio. A panel is a function (context) => draw(value) that a module exports under its name.
import { on } from "./events.js";
import { share } from "./share.js";
import { shownTask } from "./server.js";
import { startTooltip } from "./tooltip.js";

export { withPaths } from "./folder.js";
export { answered, lookAgain, lookAt } from "./server.js";
export { lookAtFile } from "./suited.js";

startTooltip();

export async function start(module, name, context) {
  const { [name]: panel } = await import(`./${module}.js`);
  const draw = panel(context);
  const shared = context.events.includes("open") ? shareBelow(context.element, draw) : () => {};
  const redraw = () => {
    const { value } = context.props;
    if (value == null || value === "") return;
    draw(value);
    shared(value);
  };
  context.watch("value", redraw);
  redraw();
  if (context.events.includes("open")) keepOpen(context);
}

// A view that comes with the Python behind it offers it below its panel; `chosen` says what the view shows.
function shareBelow(panel, { chosen }) {
  const element = document.createElement("div");
  const draw = share({ element, chosen });
  return (value) => {
    if (!value.python) return;
    if (!element.parentNode) panel.after(element);
    draw(value);
  };
}

// A view asks for its value when it is first seen, and again when it is seen with another task.
function keepOpen({ element, trigger }) {
  let asked = null;
  const ask = () => {
    if (!element.offsetParent || asked === shownTask()) return;
    asked = shownTask();
    trigger("open", { task: asked });
  };
  on("task", ask);
  on("shown", ask);
  ask();
}
