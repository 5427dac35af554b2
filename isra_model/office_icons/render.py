"""Icons to pixels, and pixels to small PNG files."""

import io

import numpy as np
import resvg_py
from numpy.typing import NDArray
from PIL import Image

from isra_model.office_icons.icons import Icon

SIZE = 128
MARGIN = 0.06
GREY_LEVELS = 16
COLOURS = 96


def svg_document(icon: Icon) -> str:
    """Centre an icon on a square with a margin of 6 % a side; `currentColor` is black."""
    left, top, width, height = icon.box
    side = max(width, height) / (1 - 2 * MARGIN)
    x, y = left + (width - side) / 2, top + (height - side) / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" color="#000" '
        f'width="{SIZE}" height="{SIZE}" viewBox="{x:.6g} {y:.6g} {side:.6g} {side:.6g}">'
        f'<svg x="{left:.6g}" y="{top:.6g}" width="{width:.6g}" height="{height:.6g}" '
        f'viewBox="{left:.6g} {top:.6g} {width:.6g} {height:.6g}">{icon.body}</svg></svg>'
    )


def render(icon: Icon) -> NDArray[np.uint8]:
    """Return (128, 128, 3) RGB, an icon on a white ground.

    Raises
    ------
    ValueError
        If the renderer cannot read the drawing.
    """
    png = resvg_py.svg_to_bytes(svg_string=svg_document(icon), background="white", skip_system_fonts=True)
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def encode_grey(image: NDArray[np.uint8]) -> bytes:
    """Return one ink on white (128, 128, 3) as a PNG of sixteen greys, the darkest tone stretched to black."""
    grey = to_grey(image)
    darkest = min(int(grey.min()), 254)
    stretched = (grey.astype(np.float64) - darkest) / (255 - darkest)
    indices = Image.fromarray(np.rint(stretched * (GREY_LEVELS - 1)).astype(np.uint8), mode="P")
    step = 255 // (GREY_LEVELS - 1)
    indices.putpalette([level * step for level in range(GREY_LEVELS) for _ in range(3)])
    return _png(indices)


def encode_colour(image: NDArray[np.uint8]) -> bytes:
    """Return a coloured drawing (128, 128, 3) as a PNG with a palette of its own."""
    quantised = Image.fromarray(image).quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    return _png(quantised)


def to_grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn (H, W, 3) RGB into (H, W) luminance."""
    return np.asarray(Image.fromarray(image).convert("L"))


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
