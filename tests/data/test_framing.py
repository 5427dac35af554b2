"""A drawing becomes like an icon, wherever and with whatever pen it was drawn; a photograph stays what it is."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from isra_model.data.framing import SIDE, frame_ink
from isra_model.data.transforms import Preprocessing, prepare


def cup(pen: int, *, side: int = 300, at: tuple[int, int] = (20, 40)) -> Image.Image:
    """Draw a cup of 120 by 80 pixels."""
    image = Image.new("RGB", (side, side), "white")
    x, y = at
    ImageDraw.Draw(image).rectangle((x, y, x + 119, y + 79), outline="black", width=pen)
    return image


def ink_of(image: Image.Image) -> tuple[int, int, int, int]:
    """Return the ink's left, top, right and bottom."""
    box = ImageOps.invert(image.convert("L")).point(lambda value: 255 * (value > 100)).getbbox()
    assert box
    return box


def darkness(image: Image.Image) -> float:
    return 1 - float(np.asarray(image.convert("L")).mean()) / 255


def test_the_ink_comes_to_the_middle_and_keeps_its_aspect() -> None:
    left, top, right, bottom = ink_of(frame_ink(cup(pen=12)))
    assert (left + right) / 2 == pytest.approx(SIDE / 2, abs=2)
    assert (top + bottom) / 2 == pytest.approx(SIDE / 2, abs=2)
    assert (right - left) / (bottom - top) == pytest.approx(1.5, abs=0.05)


def test_place_and_paper_make_no_difference() -> None:
    near, far = frame_ink(cup(pen=8)), frame_ink(cup(pen=8, side=700, at=(500, 300)))
    assert np.abs(np.asarray(near, dtype=float) - np.asarray(far, dtype=float)).mean() < 4


def test_a_thin_pen_is_widened_and_a_broad_one_is_not() -> None:
    """Eleven pixels of 256 are wide enough: about as wide as half of the line icons' strokes."""
    thin, broad = cup(pen=2), cup(pen=16)
    assert darkness(frame_ink(thin)) > 2 * darkness(thin.crop((10, 20, 150, 140)))
    assert darkness(frame_ink(cup(pen=16))) == pytest.approx(darkness(frame_ink(cup(pen=18))), rel=0.15)
    assert ink_of(frame_ink(broad))[2] - ink_of(frame_ink(broad))[0] == pytest.approx(0.74 * SIDE, abs=3)


def test_chalk_on_a_board_is_widened_too() -> None:
    chalk = ImageOps.invert(cup(pen=2))
    assert 1 - darkness(frame_ink(chalk)) == pytest.approx(darkness(frame_ink(cup(pen=2))), abs=0.01)


def test_a_filled_shape_keeps_its_colours() -> None:
    image = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(image).ellipse((60, 60, 140, 140), fill="orange")
    assert frame_ink(image).getpixel((SIDE // 2, SIDE // 2)) == (255, 165, 0)


@pytest.mark.parametrize("kind", ["photograph", "blank"])
def test_what_has_no_ink_on_plain_ground_is_returned_as_it_is(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    image = Image.fromarray(noise if kind == "photograph" else np.full_like(noise, 230))
    assert frame_ink(image) is image


def test_framing_is_part_of_the_preprocessing() -> None:
    image = cup(pen=2)
    whole, ink = (prepare(image, Preprocessing(32, 32, framing=framing)) for framing in ("whole", "ink"))
    assert whole.shape == ink.shape == (3, 32, 32)
    assert ink.float().mean() < whole.float().mean()
