// The places of the page and the views in them; the browser's back and forward go through what was shown.
import { el } from "./dom.js";
import { emit } from "./events.js";
import { choose, onChoice, openedOn, selection, write } from "./selection.js";

const lately = {}; // by place, the view that was shown last

export const show = (name) => choose({ tab: name });

function tabOf(name) {
  return document.querySelector(`#isra-views > .tab-wrapper [role="tablist"] [data-tab-id="${CSS.escape(name)}"]`);
}

// Gradio's own tab of a view may not be on the page yet.
function open(name) {
  const tab = tabOf(name);
  if (!tab) return requestAnimationFrame(() => open(name));
  if (tab.getAttribute("aria-selected") !== "true") tab.click();
  requestAnimationFrame(() => emit("shown", name));
}

export function nav({ element }) {
  return ({ places, task }) => {
    openedOn(task);
    const views = places.flatMap((place) => place.views.map((view) => ({ ...view, place })));
    const current = () => views.find((view) => view.name === selection.tab) ?? views[0];
    const go = (name) => (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      show(name);
    };
    const link = ({ name, title }, isCurrent, kind) => {
      const href = write({ ...selection, tab: name }, window.location.href).search;
      return el("a", { href, class: kind, "aria-current": isCurrent ? "page" : null, onclick: go(name) }, title);
    };
    function draw() {
      const view = current();
      lately[view.place.name] = view.name;
      const first = (place) => lately[place.name] ?? place.views[0].name;
      const toPlace = (place) => link({ name: first(place), title: place.title }, place === view.place);
      const toView = (one) => link(one, one.name === view.name);
      const siblings = view.place.views;
      const second = siblings.length > 1 && el("div.isra-views", siblings.map(toView));
      const focus = element.contains(document.activeElement) ? document.activeElement.textContent : null;
      element.replaceChildren(
        el("nav.isra-nav", { "aria-label": "Views" }, el("div.isra-places", places.map(toPlace)), second),
      );
      [...element.querySelectorAll("a")].find((a) => a.textContent === focus)?.focus();
      document.title = `${view.title} · ISRA Studio`;
      open(view.name);
    }
    onChoice(["tab"], draw);
    draw();
  };
}
