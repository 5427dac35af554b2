// Connects the panels to Gradio. A panel is a function (context) => draw(value) that a module exports under its name.
import { startTooltip } from "./tooltip.js";

export { lookAt } from "./server.js";

startTooltip();

export async function start(module, name, context) {
  const { [name]: panel } = await import(`./${module}.js`);
  const draw = panel(context);
  const redraw = () => context.props.value != null && draw(context.props.value);
  context.watch("value", redraw);
  redraw();
}
