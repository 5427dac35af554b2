// The table of several images: what each model says of each of them.
import { el, term } from "./dom.js";
import { percent, words } from "./format.js";
import { lookAt } from "./server.js";

export const table = ({ element }) => {
  const open = (index) => {
    lookAt({ kind: "several", index });
  };
  const image = ({ index, picture }) => {
    const name = { type: "button", "aria-label": `Open image ${index + 1}`, onclick: () => open(index) };
    const opener = el("button.isra-quiet", name, el("img", { src: picture, alt: "", width: 40, height: 40 }));
    return el("td", {}, picture ? opener : `image ${index + 1}`);
  };
  const said = ({ label, shared, probability }) =>
    el("td", {}, el(`span${shared ? "" : ".unshared"}`, {}, words(label)), el("small", {}, percent(probability)));
  const numbers = ({ leak, entropy }) => [
    el("td", {}, leak == null ? "–" : percent(leak)),
    el("td", {}, entropy.toFixed(2)),
  ];
  return ({ titles, rows, note }) => {
    const heads = ["image", ...titles, term("leak", "leak"), term("entropy", "H(p)")];
    const bad = (row) => el("td.isra-error", { colspan: titles.length + 2 }, row.error);
    const line = (row) => el("tr", {}, image(row), row.error ? bad(row) : [row.said.map(said), numbers(row)]);
    const head = el(
      "tr",
      {},
      heads.map((text) => el("th", {}, text)),
    );
    const table = el("table.isra-batch", {}, el("thead", {}, head), el("tbody", {}, rows.map(line)));
    element.replaceChildren(el("p.isra-honest", {}, note), el("div.isra-scroll", {}, table));
  };
};
