"""One picture of the whole dataset: every class in every domain."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from isra_model.files import write_bytes
from isra_model.office_icons.domains import Domain
from isra_model.office_icons.duplicates import hash_distances
from isra_model.office_icons.selection import Candidate

TILE = 56
GAP = 6
CAPTION = 18
CELL = (4 * TILE + 5 * GAP, TILE + 2 * GAP + CAPTION)
COLUMNS = 5
MARGIN = 24
HEADER = 34
COLOURS = 255


def write_overview(path: Path, chosen: Sequence[Candidate]) -> None:
    """Write a PNG with a card a class, on it of each domain the most typical image by perceptual hash."""
    classes = sorted({item.icon.class_name for item in chosen})
    rows = -(-len(classes) // COLUMNS)
    size = (2 * MARGIN + COLUMNS * (CELL[0] + GAP) - GAP, HEADER + MARGIN + rows * (CELL[1] + GAP))
    picture = Image.new("RGB", size, "#f4f5f7")
    draw = ImageDraw.Draw(picture)
    _draw_header(draw)
    for number, class_name in enumerate(classes):
        left = MARGIN + number % COLUMNS * (CELL[0] + GAP)
        top = HEADER + number // COLUMNS * (CELL[1] + GAP)
        draw.rounded_rectangle((left, top, left + CELL[0] - 1, top + CELL[1] - 1), radius=8, fill="white")
        draw.text(
            (left + 2 * GAP, top + 4), class_name.replace("_", " "), fill="#3d4451", font=ImageFont.load_default(12)
        )
        for column, domain in enumerate(Domain):
            members = [item for item in chosen if item.icon.class_name == class_name and item.domain == domain]
            if members:
                tile = _tile(_typical(members))
                picture.paste(tile, (left + GAP + column * (TILE + GAP), top + CAPTION + GAP))
    content = io.BytesIO()
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(content, format="PNG", optimize=True)
    write_bytes(path, content.getvalue())


def _draw_header(draw: ImageDraw.ImageDraw) -> None:
    for card in range(COLUMNS):
        for column, domain in enumerate(Domain):
            middle = MARGIN + card * (CELL[0] + GAP) + GAP + column * (TILE + GAP) + TILE // 2
            draw.text((middle, HEADER // 2 + 2), domain, fill="#7a8291", font=ImageFont.load_default(11), anchor="mm")


def _tile(item: Candidate) -> Image.Image:
    with Image.open(io.BytesIO(item.png)) as image:
        return image.convert("RGB").resize((TILE, TILE), Image.Resampling.LANCZOS)


def _typical(members: Sequence[Candidate]) -> Candidate:
    """Return the image with the smallest summed hash distance to the others, the first among equals."""
    distances = hash_distances([item.fingerprint for item in members]).sum(axis=1)
    return members[int(distances.argmin())]
