"""Is this one of ours? Shapes drawn as the training's are; noise and other grounds are not."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from isra_model.data.framing import Framing
from isra_model.data.streams import DecodedImages
from isra_model.data.transforms import resized
from isra_model.inspection.appearance import (
    RECOMPRESSED,
    Looks,
    drawn_like,
    learn_looks,
    read_looks,
    statistics,
    write_looks,
)

SIDE = 48


def blot(seed: int, *, filled: bool) -> Image.Image:
    """Return a black ellipse on white, filled or outlined."""
    left, top, width, height = np.random.default_rng(seed).integers((20, 20, 40, 40), (60, 60, 100, 100)).tolist()
    image = Image.new("RGB", (160, 160), "white")
    box = (left, top, left + width, top + height)
    ImageDraw.Draw(image).ellipse(box, fill="black" if filled else None, outline="black", width=8)
    return image


def blots(count: int, *, filled: bool, first_seed: int = 0) -> DecodedImages:
    images = [resized(blot(first_seed + seed, filled=filled), SIDE) for seed in range(count)]
    keys = tuple(f"designer-{number % 6}:{number}" for number in range(count))
    return DecodedImages(torch.stack(images), torch.zeros(count, dtype=torch.int64), keys, ())


@pytest.fixture(scope="module")
def looks() -> Looks:
    return learn_looks([blots(240, filled=True), blots(240, filled=False)])


def photograph(seed: int) -> Image.Image:
    """Return what has many tones everywhere."""
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((160, 160), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize("change", [lambda image: image, *RECOMPRESSED.values()])
def test_new_images_of_either_domain_are_not_strange_however_they_were_saved(
    looks: Looks, change: Callable[[Image.Image], Image.Image], filled: bool
) -> None:
    judged = [looks.judge(change(blot(1000 + seed, filled=filled))) for seed in range(40)]
    assert sum(appearance.unlike for appearance in judged) <= 4


def test_photographs_are_unlike_both(looks: Looks) -> None:
    assert all(looks.judge(photograph(seed)).unlike for seed in range(10))


def test_an_image_is_drawn_like_the_target_that_is_drawn_as_it_is(looks: Looks) -> None:
    of_filled = learn_looks([blots(240, filled=False), blots(240, filled=True)])
    known: dict[str, tuple[Framing, Looks]] = {"outlined": ("whole", looks), "filled": ("whole", of_filled)}

    for seed in range(1000, 1010):
        assert drawn_like(blot(seed, filled=False), known) == "outlined"
        described = statistics(resized(blot(seed, filled=False), SIDE)[None])
        assert looks.target_density(described) > of_filled.target_density(described)
    described = statistics(resized(photograph(0), SIDE)[None])
    assert looks.target_density(described) == of_filled.target_density(described) == -np.inf
    assert drawn_like(photograph(0), known) is None


def test_looks_are_the_same_after_they_were_written_and_read(looks: Looks, tmp_path: Path) -> None:
    write_looks(tmp_path / "looks.safetensors", looks)
    back = read_looks(tmp_path / "looks.safetensors")
    for image in (blot(7, filled=True), photograph(7)):
        assert back.judge(image).distance == pytest.approx(looks.judge(image).distance, rel=1e-2)
