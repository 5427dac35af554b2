// The table of several images: what each model says of each of them.
import { el, quiet, tableOf, term } from "./dom.js";
import { percent, words } from "./format.js";
import { lookAt } from "./server.js";

export const table = ({ element }) => {
  const image = ({ index, picture }) => {
    const tile = el("img", { src: picture, alt: "", width: 40, height: 40 });
    const opener = quiet(tile, () => lookAt({ kind: "several", index }), { "aria-label": `Open image ${index + 1}` });
    return el("td", picture ? opener : `image ${index + 1}`);
  };
  const said = ({ label, shared, probability }) =>
    el("td", el(`span${shared ? "" : ".unshared"}`, words(label)), el("small", percent(probability)));
  const numbers = ({ leak, entropy }) => [el("td", leak == null ? "–" : percent(leak)), el("td", entropy.toFixed(2))];
  return ({ titles, rows, note }) => {
    const heads = ["image", ...titles, term("leak", "leak"), term("entropy", "H(p)")];
    const bad = (row) => el("td.isra-error", { colspan: titles.length + 2 }, row.error);
    const line = (row) => el("tr", image(row), row.error ? bad(row) : [row.said.map(said), numbers(row)]);
    const made = tableOf(heads, rows.map(line), { class: "isra-batch" });
    element.replaceChildren(el("p.isra-honest", note), el("div.isra-scroll", made));
  };
};
