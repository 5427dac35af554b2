// The link to a view, and the Python that says the same.
import { copy } from "./browser.js";
import { el } from "./dom.js";

export function share({ element }) {
  const button = (text, content) =>
    el("button.isra-quiet", { type: "button", onclick: (event) => copy(content(), event.currentTarget) }, text);
  return ({ python }) =>
    element.replaceChildren(
      el(
        "div.isra-share",
        {},
        button("copy as Python", () => python),
        button("copy link", () => window.location.href),
      ),
    );
}
