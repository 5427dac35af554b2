"""A sheet of small pictures on which a person sees what each class of each domain looks like."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw

from isra_model.data.benchmark import Benchmark, ImageSet
from isra_model.data.checking import spread
from isra_model.data.decoding import OWN_FILES, ImageError, decode_image
from isra_model.data.names import printable

TILE, GAP, TITLE = 72, 4, 18
COLUMNS = 10
MOST_CLASSES = 100
_INK, _GROUND, _BROKEN = "#112233", "white", "#ddcccc"


def contact_sheet(benchmark: Benchmark) -> bytes:
    """Return a PNG with a line of up to ten pictures for each class of each domain, evenly spread over its images.

    Of more than a hundred classes the first hundred are shown. An image that cannot be read is an empty tile.
    """
    lines = list(_lines(benchmark, tuple(benchmark.domains.values())))
    height = TITLE + TILE + GAP
    sheet = Image.new("RGB", (COLUMNS * (TILE + GAP) + GAP, max(1, len(lines)) * height), _GROUND)
    draw = ImageDraw.Draw(sheet)
    for line, (title, domain, places) in enumerate(lines):
        draw.text((GAP, line * height + 2), printable(title), fill=_INK)
        for column, place in enumerate(spread(places, COLUMNS)):
            corner = GAP + column * (TILE + GAP), line * height + TITLE
            sheet.paste(_tile(domain, place), corner)
    file = io.BytesIO()
    sheet.save(file, "PNG", optimize=True)
    return file.getvalue()


def _lines(benchmark: Benchmark, domains: Sequence[ImageSet]) -> Iterator[tuple[str, ImageSet, np.ndarray]]:
    """Yield the title and the images of each line."""
    for label, name in enumerate(benchmark.classes[:MOST_CLASSES]):
        for domain in domains:
            places = np.flatnonzero(domain.labels == label)
            if len(places):
                yield f"{name}: {domain.name} ({len(places):,})", domain, places
    for domain in domains:
        if not domain.labelled:
            yield f"without labels: {domain.name} ({len(domain):,})", domain, np.arange(len(domain))


def _tile(domain: ImageSet, place: int) -> Image.Image:
    tile = Image.new("RGB", (TILE, TILE), "#eeeeee")
    try:
        image = decode_image(domain.encoded[place], OWN_FILES)
    except ImageError:
        return Image.new("RGB", (TILE, TILE), _BROKEN)
    image.thumbnail((TILE, TILE), Image.Resampling.LANCZOS)
    tile.paste(image, ((TILE - image.width) // 2, (TILE - image.height) // 2))
    return tile
