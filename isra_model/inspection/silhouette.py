"""The tile that stands for an image which may be looked at by its owner only."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

WORDS = ("not ours", "to show")
GROUND, FRAME, INK = "#eceef1", "#a9b0ba", "#4a515b"
_FINER = 4


def silhouette(side: int) -> Image.Image:
    """Return a tile of `side` pixels: an empty picture frame and the words that say why it is empty."""
    size = _FINER * side
    tile = Image.new("RGB", (size, size), GROUND)
    draw = ImageDraw.Draw(tile)
    line = size // 32
    draw.rectangle((size // 4, size // 8, 3 * size // 4, size // 2), outline=FRAME, width=line)
    draw.line((size // 4, size // 2, 3 * size // 4, size // 8), fill=FRAME, width=line)
    font = ImageFont.load_default(size=size / 6)
    for number, words in enumerate(WORDS):
        draw.text((size / 2, size * (0.66 + 0.18 * number)), words, fill=INK, font=font, anchor="mm")
    return tile.resize((side, side), Image.Resampling.LANCZOS)
