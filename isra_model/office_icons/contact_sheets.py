"""Sheets of small tiles on which a person sees every image of a class at once."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from isra_model.office_icons.domains import Domain
from isra_model.office_icons.selection import Candidate

TILE = 48
LABEL = 10
COLUMNS = 30
GAP = 2


def write_contact_sheets(folder: Path, chosen: Sequence[Candidate]) -> None:
    """Write one PNG a class, its domains as labelled bands of numbered tiles, and `index.txt` that names each tile."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    for class_name in sorted({item.icon.class_name for item in chosen}):
        members = [item for item in chosen if item.icon.class_name == class_name]
        bands = {domain: [item for item in members if item.domain == domain] for domain in Domain}
        _sheet(class_name, bands).save(folder / f"{class_name}.png")
        for domain, band in bands.items():
            lines += [f"{class_name} {domain} {number} {item.icon.key}" for number, item in enumerate(band)]
    (folder / "index.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _sheet(class_name: str, bands: dict[Domain, list[Candidate]]) -> Image.Image:
    cell = TILE + LABEL + GAP
    heights = [16 + cell * -(-len(band) // COLUMNS) for band in bands.values()]
    sheet = Image.new("RGB", (COLUMNS * (TILE + GAP), sum(heights)), "white")
    draw = ImageDraw.Draw(sheet)
    top = 0
    for (domain, band), height in zip(bands.items(), heights, strict=True):
        draw.rectangle((0, top, sheet.width, top + 13), fill="#dde5ee")
        draw.text((3, top + 1), f"{class_name}: {domain} ({len(band)})", fill="#123")
        for number, item in enumerate(band):
            x, y = (number % COLUMNS) * (TILE + GAP), top + 16 + (number // COLUMNS) * cell
            with Image.open(io.BytesIO(item.png)) as image:
                sheet.paste(image.convert("RGB").resize((TILE, TILE), Image.Resampling.LANCZOS), (x, y + LABEL))
            draw.text((x + 1, y - 1), str(number), fill="#c22")
        top += height
    return sheet
