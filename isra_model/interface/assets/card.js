// What stands beside and below the map: the image that is looked at, a selection, and the ranking *moved most*.
import { domainMark, el, quiet, term, thumb } from "./dom.js";
import { percent, signed, words } from "./format.js";
import { emit, on } from "./events.js";
import { opener } from "./server.js";
import { download } from "./browser.js";
import { framingNote } from "./overlay.js";

const MAP_TITLES = { umap: "UMAP", tsne: "t-SNE" };

// A gallery image as a button: hovering or focusing it shows where it lies on the maps, pressing it opens it in Predict.
const tiles = (task) => (row, note, name) => {
  const show = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    emit("hover", { row, x: box.right, y: box.top });
  };
  const hide = () => emit("hover", {});
  return el(
    "button.isra-neighbour",
    {
      ...opener(task, row, `Open image ${row}${name ? `, ${name}` : ""}`, hide),
      onmouseenter: show,
      onmouseleave: hide,
      onfocus: show,
      onblur: hide,
    },
    thumb(row, task.sprites, 52),
    note == null ? null : el("small", note),
  );
};

export const moved =
  ({ element }) =>
  (value) => {
    const tile = tiles(value.task);
    element.replaceChildren(
      ...(value.rows.length
        ? [
            el(
              "div.isra-headline",
              el(
                "h2",
                term("moved most", "Moved most"),
                el("small", `neighbours kept, ${value.compared.join(" to ")}`),
              ),
              quiet("Highlight", () =>
                emit(
                  "highlight",
                  value.rows.map(({ row }) => row),
                ),
              ),
            ),
            el(
              "div.isra-moved",
              value.rows.map((entry) => tile(entry.row, percent(entry.kept))),
            ),
          ]
        : []),
    );
  };

// How mixed the domains are, on a scale whose band is what 95 % of shuffles of the domain labels give.
function mixing({ value, shuffled, low, high, verdict }) {
  if (value == null) return el("p.isra-honest", term("mixing", "mixing"), " –. ", verdict);
  const end = 1.1 * Math.max(value, high, 1.2);
  const places = { "--low": low / end, "--high": high / end, "--p": value / end };
  const [chance, from, to] = [shuffled, low, high].map((number) => number.toFixed(2));
  return [
    el("p", term("mixing", "mixing"), " ", el("strong", value.toFixed(2))),
    el("div.isra-mixing", { vars: places, "aria-hidden": "true" }, el("i"), el("b")),
    el("p.isra-honest", verdict, ` Shuffled: ${chance}, in 95 % of shuffles ${from} to ${to}.`),
  ];
}

// Whether the maps are to be believed about these images.
function truth(overlap) {
  const said = Object.entries(overlap).map(([map, share]) => `${MAP_TITLES[map]} ${share.toFixed(2)}`);
  const kept = term("overlap", "Neighbours kept");
  return el("p.isra-honest", kept, ` on the maps here: ${said.join(", ")}; where it is low, the map is wrong.`);
}

// The card beside the map: the image that is looked at, a selection, or the ranking.
export const card = ({ element }) => {
  let image = null;
  on("near", draw);
  return draw;

  function draw(value) {
    if (value.kind === "image") image = value;
    if (value.task.name !== image?.task.name) return; // a selection on the map of the checkpoint before
    const tile = tiles(value.task);
    const bars = (rows, max) =>
      el(
        "div.isra-counts",
        rows.map(([name, count, text]) =>
          el("div", { vars: { "--p": count / max } }, el("span", name), el("i"), el("b", text ?? String(count))),
        ),
      );
    const leave = (text) => {
      const back = () => {
        emit("highlight", null);
        if (image) draw(image);
      };
      return quiet(text, back);
    };
    const faces = {
      image: () => [
        el("h2", "Your image"),
        el("img.isra-picture", { src: value.picture, alt: "The image that is looked at" }),
        value.models.map((m) =>
          el("p.isra-said", el("span", m.title), el("strong", words(m.label)), el("small", percent(m.probability))),
        ),
        el("p.isra-honest", "The star: placed beside its nearest neighbours in feature space", framingNote(value), "."),
      ],
      near: () => [
        el("div.isra-headline", el("h2", "Around this image"), leave("Back")),
        el("p.isra-domains", domainMark(value.of.domain), `${words(value.of.name)}, on the map of ${value.model}`),
        el(
          "div.isra-mosaic",
          value.rows.map((each) =>
            tile(
              each.row,
              [domainMark(each.domain), el("span", words(each.name))],
              `${words(each.name)}, ${each.domain}`,
            ),
          ),
        ),
      ],
      selection: () => [
        el(
          "div.isra-headline",
          el("h2", `${value.rows.length} images`),
          el("span.isra-grow"),
          leave("Clear"),
          quiet("CSV", () =>
            download("selection.csv", URL.createObjectURL(new Blob([value.csv], { type: "text/csv" }))),
          ),
        ),
        el(
          "p.isra-domains",
          domainMark("source"),
          `${value.domains.source} source`,
          domainMark("target"),
          `${value.domains.target} target`,
        ),
        mixing(value.mixing),
        truth(value.overlap),
        value.classes.length
          ? [
              el("h3", "Classes"),
              bars(
                value.classes.slice(0, 6).map(([label, n]) => [words(label), n]),
                value.classes[0][1],
              ),
            ]
          : null,
        value.topics.length
          ? [
              el("h3", "Topics, against the rest"),
              bars(
                value.topics
                  .slice(0, 5)
                  .map(([j, inside, outside]) => [`#${j}`, Math.abs(inside - outside), signed(inside - outside)]),
                Math.max(...value.topics.slice(0, 5).map(([, a, b]) => Math.abs(a - b))),
              ),
            ]
          : null,
        el(
          "div.isra-mosaic",
          value.rows.slice(0, 12).map((row) => tile(row)),
        ),
      ],
    };
    element.replaceChildren(el("div.isra-card", faces[value.kind]()));
  }
};
