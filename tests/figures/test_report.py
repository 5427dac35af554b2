"""One image as one HTML file: complete in itself, exact, and no text of a checkpoint becomes markup."""

import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from PIL import Image

from isra_model.figures.report import STRANGE, report_page
from isra_model.inspection import Inspector
from tests.inspection.conftest import CLASSES, image, inspectors, task, task_folder  # noqa: F401 (fixtures)

HOSTILE = "<img src=x onerror=alert(1)>&\"'</style>"


class Reader(HTMLParser):
    """Collects what a browser would: tags with their attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def hostile(inspectors: Mapping[str, Inspector]) -> dict[str, Inspector]:  # noqa: F811
    """Return the models with a class and a domain that a stranger named."""
    named = {
        name: replace(
            inspector.checkpoint,
            classes=(HOSTILE, *CLASSES[1:]),
            training=replace(inspector.checkpoint.training, source=HOSTILE),
        )
        for name, inspector in inspectors.items()
    }
    return {name: replace(inspector, checkpoint=named[name]) for name, inspector in inspectors.items()}


def test_a_report_loads_nothing_and_takes_no_text_for_markup(
    hostile: dict[str, Inspector],
    image: Image.Image,  # noqa: F811
) -> None:
    page = report_page(hostile, image, f"{HOSTILE}.png", "abc1234")
    read = Reader(page)
    sources = [attributes["src"] for _, attributes in read.tags if "src" in attributes]
    assert len(sources) > 1 + 6
    assert all(source and source.startswith("data:image/webp;base64,") for source in sources)
    assert not re.search(r"https?://|@import|url\(|<script|<link", page)
    assert not any(name.startswith("on") for _, attributes in read.tags for name in attributes)
    assert read.text.count(HOSTILE) >= 1 + len(hostile)


def test_the_bars_of_a_report_sum_to_the_logit_that_it_states(
    inspectors: Mapping[str, Inspector],  # noqa: F811
    image: Image.Image,  # noqa: F811
) -> None:
    page = report_page(inspectors, image, "blotch.png", "abc1234")
    *parts, total = map(float, re.findall(r'<td class="number">([+-][\d.]+)</td>', page))
    assert sum(parts) == pytest.approx(total, abs=0.0005 * (len(parts) + 1))
    digests = [digest for inspector in inspectors.values() for digest in inspector.checkpoint.digests.values()]
    assert all(digest in page for digest in digests)
    appearance = inspectors["ba3us"].look(image).appearance
    assert (STRANGE in page) == (appearance is not None and appearance.unlike)


def test_a_model_without_topics_and_gallery_still_makes_a_report(
    inspectors: Mapping[str, Inspector],  # noqa: F811
    image: Image.Image,  # noqa: F811
) -> None:
    bare = {"ba3us": replace(inspectors["ba3us"], gallery=None)}
    headings = re.findall("<h2>(.*?)</h2>", report_page(bare, image, "blotch.png", "abc1234"))
    assert headings == ["Provenance"]
