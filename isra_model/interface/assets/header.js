// The name, what the page is, and the light / dark switch.
import { el } from "./dom.js";
import { emit } from "./events.js";
import { isDark, keep, kept } from "./browser.js";

export const header = ({ element }) => {
  return () => {
    const change = () => {
      document.body.classList.toggle("dark");
      keep("isra-theme", isDark() ? "dark" : "light");
      label();
      emit("theme");
    };
    const name = { type: "button", "aria-label": "Switch between light and dark", onclick: change };
    const toggle = el("button.isra-quiet.isra-theme", name);
    const label = () => (toggle.textContent = isDark() ? "Light" : "Dark");
    const theme = kept("isra-theme");
    if (theme) document.body.classList.toggle("dark", theme === "dark");
    label();
    element.replaceChildren(
      el(
        "div.isra-brand",
        el("h1", "ISRA Studio"),
        el("p", "See what an adapted network recognises, where it looks, and why."),
        toggle,
      ),
    );
  };
};

// What cannot be shown, by name; the reasons are on the terminal of whoever started the app.
export const notice =
  ({ element }) =>
  ({ names }) => {
    const text = `Left out, because they cannot be shown: ${names.join(", ")}. The terminal says why.`;
    element.replaceChildren(el("p.isra-honest", { role: "status" }, text));
  };
