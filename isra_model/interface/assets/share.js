// The link to a view, the Python that says the same, and its plots at print size.
import { copy } from "./browser.js";
import { el, quiet } from "./dom.js";
import { print } from "./printing.js";

// `chosen` returns what the plots that the server draws are to show, as the view shows it now; `printed` is where the
// plots are, see `print`.
export function share({ element, chosen = () => ({}) }) {
  const copies = (text, content) => quiet(text, (event) => copy(content(), event.currentTarget));
  const prints = (places) => (format) => {
    const press = async ({ currentTarget: button }) => {
      button.disabled = true;
      try {
        await print(places, chosen(), format);
      } catch {
        button.textContent = "try again in a moment";
      }
      button.disabled = false;
    };
    const kind = format.toUpperCase();
    return quiet(kind, press, { "aria-label": `Download the plots as ${kind} at print size` });
  };
  return ({ python, printed }) =>
    element.replaceChildren(
      el(
        "div.isra-share",
        printed.length > 0 && ["svg", "png"].map(prints(printed)),
        copies("copy as Python", () => python),
        copies("copy link", () => window.location.href),
      ),
    );
}
