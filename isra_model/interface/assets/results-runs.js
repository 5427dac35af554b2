// In the view Results: the runs behind a number, over the page until they are closed.
import { copy } from "./browser.js";
import { el, quiet } from "./dom.js";
import { choose, onChoice, selection } from "./selection.js";
import { table } from "./results-tables.js";

export const runs = ({ element }) => {
  let value = null;
  const dialog = el("dialog.isra-runs", { "aria-labelledby": "isra-runs-title" });
  dialog.addEventListener("close", () => selection.runs && choose({ runs: null }));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  element.replaceChildren(dialog);

  function show() {
    const wanted = selection.tab === "results" && value && selection.runs === value.of;
    if (!wanted) return dialog.open && !selection.runs && dialog.close();
    if (dialog.dataset.of !== value.of) dialog.replaceChildren(...face(value, () => dialog.close()));
    dialog.dataset.of = value.of;
    if (!dialog.open) dialog.showModal();
  }
  onChoice(["runs", "tab"], show);
  return (next) => {
    value = next;
    show();
  };
};

function face({ title, columns, rows, command }, close) {
  const lines = rows.flatMap((row) => both(row, columns.length, rows.length === 1));
  return [
    el(
      "div.isra-headline",
      el("h2", { id: "isra-runs-title", tabindex: "-1", autofocus: true }, title),
      quiet("Close", close),
    ),
    table("isra-run-list", ["", ...columns], lines),
    el(
      "div.isra-headline",
      el("h3", "Carries them out again"),
      quiet("Copy command", (event) => copy(command, event.currentTarget)),
    ),
    el("pre.isra-command", { tabindex: "0" }, command),
  ];
}

// A run's line, and below it everything that is recorded of it.
function both({ cells, record }, width, open) {
  const known = record.map(([name, text]) => [el("dt", name), el("dd", text)]);
  const below = el("tr.isra-record", { hidden: !open }, el("td", { colspan: width + 1 }, el("dl", known)));
  const toggle = el("button.isra-quiet", {
    type: "button",
    "aria-expanded": String(open),
    "aria-label": `Everything recorded of this run: ${cells.slice(0, 3).join(", ")}`,
    onclick: () => {
      below.hidden = !below.hidden;
      toggle.setAttribute("aria-expanded", String(!below.hidden));
    },
  });
  const line = el(
    "tr",
    el("td", toggle),
    cells.map((text) => el("td", text)),
  );
  return [line, below];
}
