"""Which of the four domains a rendered image belongs to."""

import enum

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from isra_model.office_icons.render import to_grey

EROSION = 11
LINE_LEFT = 0.03
SOLID_LEFT = 0.25
CHROMA = 40
SATURATED_SHARE = 0.05
LEAST_INK = 0.01
TONE_STEP = 40
TONE_SHARE = 0.05


class Domain(enum.StrEnum):
    """How an icon is drawn."""

    COLOUR = "Colour"
    LINE = "Line"
    SOLID = "Solid"
    DUOTONE = "Duotone"


def domain_of(image: NDArray[np.uint8], *, palette: bool) -> Domain | None:
    """Return the domain of a rendered image (128, 128, 3) by its pixels; ``palette`` says that its set has colours.

    It has none where it is blank, colourless in a coloured set or the reverse.

    * Colour: its set has a palette and the image is saturated, or shaded where the object is grey (cutlery).
    * Line: less than 3 % of the ink is left after an 11-pixel erosion.
    * Solid: more than 25 % is left.
    * Duotone: what lies between, or is drawn with a second, lighter tone.
    """
    grey = to_grey(image)
    if float((grey < 250).mean()) < LEAST_INK:
        return None
    if palette:
        return Domain.COLOUR if _saturated(image) or _has_second_tone(grey) else None
    if _saturated(image):
        return None
    if _has_second_tone(grey):
        return Domain.DUOTONE
    left = _ink_left(grey)
    if left < LINE_LEFT:
        return Domain.LINE
    return Domain.SOLID if left > SOLID_LEFT else Domain.DUOTONE


def _saturated(image: NDArray[np.uint8]) -> bool:
    chroma = image.max(axis=2).astype(np.int16) - image.min(axis=2)
    ink = to_grey(image) < 250
    return bool((chroma > CHROMA).sum() > SATURATED_SHARE * max(int(ink.sum()), 1))


def _has_second_tone(grey: NDArray[np.uint8]) -> bool:
    picture = Image.fromarray(grey)
    highest = np.asarray(picture.filter(ImageFilter.MaxFilter(3))).astype(np.int16)
    lowest = np.asarray(picture.filter(ImageFilter.MinFilter(3))).astype(np.int16)
    flat = (highest - lowest) <= 6
    lighter = flat & (grey > int(grey.min()) + TONE_STEP) & (grey < 245)
    return bool(lighter.sum() > TONE_SHARE * (grey < 245).sum())


def _ink_left(grey: NDArray[np.uint8]) -> float:
    middle = (int(grey.min()) + 255) / 2
    ink = Image.fromarray(((grey < middle) * 255).astype(np.uint8))
    eroded = np.asarray(ink.filter(ImageFilter.MinFilter(EROSION)))
    return float((eroded > 0).sum() / max(int((np.asarray(ink) > 0).sum()), 1))
