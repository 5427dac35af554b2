"""One image as one HTML file: what each model says of it and why, to be kept, printed or sent; nothing is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from isra_model.figures.pictures import data_url, overlay
from isra_model.inspection import Inspector, look_with_every_model
from isra_model.inspection.gallery import Gallery
from isra_model.inspection.views import Domain, MapName, MapPlacement, Neighbour, View

CLASSES_SHOWN = 5
TOPICS_SHOWN = 6
CAUSES_SHOWN = 8
NEIGHBOURS_SHOWN = 8
STRANGE = "Not one of ours: this image is drawn like none that the models learned from. Believe the answer less."
OFF_MAP = "off the map: unlike any training image, its star is only a guess"
MAP_TITLES: Mapping[MapName, str] = {"umap": "UMAP", "tsne": "t-SNE"}
DOMAINS: tuple[Domain, ...] = ("source", "target")

Element = ElementTree.Element
Child = Element | str | None


def report_page(inspectors: Mapping[str, Inspector], image: Image.Image, name: str, commit: str) -> str:
    """Return the page on an image that people call `name`: predictions, topics, neighbours, maps and provenance.

    Every text is escaped. `commit` says which code looked.
    """
    views = {model: view.at_responses() for model, view in look_with_every_model(inspectors, image).items()}
    explained = [model for model, view in views.items() if view.evidence] or list(views)
    main, view = inspectors[explained[-1]], views[explained[-1]]
    checkpoint = main.checkpoint
    body = _el(
        "body",
        _el("h1", f"{name}: what the models see"),
        _el("p", f"{checkpoint.source} → {checkpoint.target}", of="note"),
        _el("p", STRANGE, of="warning", role="status") if view.appearance and view.appearance.unlike else None,
        _el(
            "div",
            _el("img", src=data_url(image), alt=name),
            _predictions({model: inspector.checkpoint.title for model, inspector in inspectors.items()}, views),
            of="first",
        ),
        *(_topics(view), _causes(view)) if view.evidence else (),
        *(_neighbours(main.gallery, view), _maps(main.gallery, view)) if main.gallery and view.map else (),
        _provenance(inspectors, commit),
    )
    style = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    head = _el(
        "head",
        _el("meta", charset="utf-8"),
        _el("meta", name="viewport", content="width=device-width"),
        _el("title", f"{name} in ISRA Studio"),
        _el("style", style),
    )
    page = _el("html", head, body, lang="en")
    return "<!doctype html>\n" + ElementTree.tostring(page, encoding="unicode", method="html") + "\n"


def _el(tag: str, *children: Child, of: str | None = None, **attributes: str) -> Element:
    """Return an element of class `of`; children that are text stay text."""
    element = Element(tag, {name.replace("_", "-"): value for name, value in attributes.items()})
    if of:
        element.set("class", of)
    for child in children:
        if isinstance(child, str):
            last = element[-1] if len(element) else None
            if last is None:
                element.text = (element.text or "") + child
            else:
                last.tail = (last.tail or "") + child
        elif child is not None:
            element.append(child)
    return element


def _predictions(titles: Mapping[str, str], views: Mapping[str, View]) -> Element:
    """Return the models side by side: the most probable classes of each."""
    heads = [_el("th", titles[model], _el("br"), _el("small", model)) for model in views]
    rows = []
    for rank in range(min(CLASSES_SHOWN, *(len(view.predictions) for view in views.values()))):
        cells = []
        for view in views.values():
            said = view.predictions[rank]
            mark = None if said.shared else _el("small", " (source only)")
            bar = _el("meter", min="0", max="1", value=f"{said.probability:.4f}")
            cells.append(_el("td", _words(said.label), mark, _el("br"), bar, f" {_percent(said.probability)}"))
        rows.append(_el("tr", *cells))
    return _el("table", _el("thead", _el("tr", *heads)), _el("tbody", *rows))


def _topics(view: View) -> Element:
    """Return the strongest topics of the image, each where it arises."""
    first, figures = view.predictions[0], []
    for topic in view.present_topics[:TOPICS_SHOWN]:
        added = view.evidence.contributions[topic.index, first.index] if view.evidence else np.nan
        caption = f"Topic {topic.index}: strength {topic.strength:.1f}, adds {added:+.2f}"
        picture = _el("img", src=data_url(overlay(view.image, topic), 320), alt=f"Where topic {topic.index} arises")
        figures.append(_el("figure", picture, _el("figcaption", caption), of="topic"))
    note = f"Where the topics lie in the image, and what each adds to the logit of {_words(first.label)}."
    return _section("Strongest topics", note, _el("div", *figures, of="row"))


def _causes(view: View) -> Element:
    """Return what the first guess's logit is made of: the bars sum to it exactly."""
    first, parts = view.predictions[0], _parts(view)
    widest = max(abs(value) for _, value in parts) or 1.0
    rows = [
        _el("tr", _el("td", part), _el("td", _bar(value / widest), of="bar"), _el("td", f"{value:+.3f}", of="number"))
        for part, value in parts
    ]
    total = sum(value for _, value in parts)
    rows.append(_el("tr", _el("th", "Logit"), _el("td"), _el("td", f"{total:+.3f}", of="number")))
    note = "An exact sum, without approximation: topics, what no topic explains, and a constant."
    return _section(f"Why {_words(first.label)}", note, _el("table", _el("tbody", *rows)))


def _parts(view: View) -> list[tuple[str, float]]:
    if view.evidence is None:
        return []
    chosen = view.predictions[0].index
    added = view.evidence.contributions[:, chosen].astype(np.float64)
    strongest = np.argsort(-np.abs(added), kind="stable")[:CAUSES_SHOWN].tolist()
    rest = float(added.sum() - added[strongest].sum())
    return [
        *((f"Topic {topic}", float(added[topic])) for topic in strongest),
        (f"The other {len(added) - len(strongest)} topics", rest),
        ("What no topic explains", float(view.evidence.residual[chosen])),
        ("Constant", float(view.evidence.constant[chosen])),
    ]


def _bar(share: float) -> Element:
    """Return a bar that leaves the middle to the right for a positive share, to the left for a negative one."""
    width = 50 * abs(share)
    return _el(
        "svg",
        _el(
            "rect",
            of="for" if share > 0 else "against",
            x=f"{50 - (width if share < 0 else 0):.2f}",
            y="2",
            width=f"{width:.2f}",
            height="6",
        ),
        _el("line", x1="50", x2="50", y1="0", y2="10"),
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _neighbours(gallery: Gallery, view: View) -> Element:
    found = {"source": view.source_neighbours, "target": view.target_neighbours}
    lines = [
        part
        for domain in DOMAINS
        for part in (_el("h3", domain.capitalize()), _el("div", *_near(gallery, found[domain]), of="row"))
    ]
    return _section("Nearest training images", "By 1 - cosine of the features, nearest first.", *lines)


def _near(gallery: Gallery, neighbours: Sequence[Neighbour]) -> Iterable[Element]:
    for each in neighbours[:NEIGHBOURS_SHOWN]:
        label = _words(each.label)
        picture = _el("img", src=data_url(gallery.thumbnail(each.row)), alt=label)
        yield _el("figure", picture, _el("figcaption", label, _el("br"), f"{each.distance:.3f}"), of="near")


def _maps(gallery: Gallery, view: View) -> Element:
    maps = gallery.models[view.model].maps
    figures = [
        _map(MAP_TITLES[name], maps[name].positions, gallery.domains, placement) for name, placement in view.map.items()
    ]
    note = "Blue: source, orange: target, star: this image. Distances between far groups mean little."
    return _section("Place on the maps", note, _el("div", *figures, of="row"))


def _map(title: str, positions: NDArray[np.float32], domains: NDArray[np.str_], placement: MapPlacement) -> Element:
    low, high = positions.min(axis=0), positions.max(axis=0)
    scale = 96 / max(float((high - low).max()), 1e-12)
    points, star = (2 + (positions - low) * scale).clip(0, 100), (2 + (placement.position - low) * scale).clip(2, 98)
    dots = [
        _el("path", of=domain, d="".join(f"M{x:.1f} {100 - y:.1f}h0" for x, y in points[domains == domain]))
        for domain in DOMAINS
    ]
    drawing = _el("svg", *dots, _star(*star.tolist()), viewBox="0 0 100 100", role="img", aria_label=f"{title} map")
    return _el("figure", drawing, _el("figcaption", title, f", {OFF_MAP}" if placement.off_map else None), of="map")


def _star(x: float, y: float) -> Element:
    angles, radii = np.pi * np.arange(10) / 5, np.where(np.arange(10) % 2, 1.3, 3.0)
    corners = zip(x + radii * np.sin(angles), 100 - y - radii * np.cos(angles), strict=True)
    return _el("polygon", of="star", points=" ".join(f"{across:.2f},{down:.2f}" for across, down in corners))


def _provenance(inspectors: Mapping[str, Inspector], commit: str) -> Element:
    rows = []
    for model, inspector in inspectors.items():
        checkpoint = inspector.checkpoint
        for file, digest in checkpoint.digests.items():
            rows.append(_el("tr", _el("td", f"{checkpoint.title} ({model})"), _el("td", file), _code_cell(digest)))
    table = _el("table", _el("thead", _el("tr", *(_el("th", head) for head in ("Model", "File", "sha256")))), *rows)
    return _section("Provenance", f"Made by python -m isra_model inspect --report, commit {commit}.", table)


def _code_cell(text: str) -> Element:
    return _el("td", _el("code", text))


def _section(title: str, note: str, *parts: Element) -> Element:
    return _el("section", _el("h2", title), _el("p", note, of="note"), *parts)


def _words(label: str) -> str:
    return label.replace("_", " ")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
