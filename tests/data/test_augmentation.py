"""Strong augmentation: other sizes, poses, strokes and colours of the same thing."""

import pytest
import torch

from isra_model.data.augmentation import DRAWN, Draw, draw, strengthen
from isra_model.data.benchmark import Task
from isra_model.data.streams import Stream, decode_images
from isra_model.data.transforms import Preprocessing, evaluation_batch

PREPROCESSING = Preprocessing(resize=36, crop=32, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
AS_IT_IS = {
    "outline": 1.0,
    "mirror": 1.0,
    "scale": 0.879,
    "tremor": 0.0,
    "stroke": 1.0,
    "recolour": 0.0,
    "blur": 1.0,
    "erase": 1.0,
}
"""What leaves an image nearly as it is; what is not named is 0.5, in the middle. log 2 / log 2.2 is 0.879: scale 1."""


def filled_square() -> torch.Tensor:
    """Return a black square of 16 pixels on white, (1, 3, 36, 36)."""
    image = torch.full((1, 3, 36, 36), 255, dtype=torch.uint8)
    image[:, :, 10:26, 10:26] = 0
    return image


def strengthened(image: torch.Tensor, **chosen: float) -> torch.Tensor:
    uniform = torch.tensor([[(AS_IT_IS | chosen).get(name, 0.5) for name in DRAWN]])
    return strengthen(image, Draw(uniform, torch.ones(1, 2, 7, 7), 1.0), 32).float() / 255


def ink(image: torch.Tensor) -> float:
    return float((1 - image).mean()) * 32**2


def test_at_scale_one_it_shows_what_evaluation_shows() -> None:
    shown = evaluation_batch(filled_square(), PREPROCESSING)

    torch.testing.assert_close(strengthened(filled_square()), shown, rtol=0, atol=0.05)


@pytest.mark.parametrize(
    ("chosen", "low", "high"),
    [
        ({"scale": 0.0}, 55, 73),  # half as wide and high: 8 x 8
        ({"outline": 0.0}, 80, 130),  # the contour alone: two pixels around 16 x 16
        ({"stroke": 0.1, "stroke_amount": 1.0}, 310, 340),  # a pixel wider on each side: 18 x 18
        ({"stroke": 0.4, "stroke_amount": 1.0}, 210, 245),  # six tenths of a pixel thinner
        ({"recolour": 0.4}, 32**2 - 265, 32**2 - 247),  # white on black
        ({"erase": 0.0, "erase_width": 1.0, "erase_height": 1.0}, 130, 175),  # a tenth of the view is ground
        ({"tremor": 0.9}, 200, 300),
        ({"blur": 0.0}, 240, 272),
    ],
)
def test_what_happens_to_a_filled_square(chosen: dict[str, float], low: float, high: float) -> None:
    assert low < ink(strengthened(filled_square(), **chosen)) < high


def test_ink_and_ground_become_two_colours_that_can_be_told_apart() -> None:
    image = strengthened(filled_square(), recolour=0.8, ink_red=1.0, ground_blue=1.0)[0]

    torch.testing.assert_close(image[:, 16, 16], torch.tensor([0.55, 0.275, 0.275]), rtol=0, atol=0.01)
    torch.testing.assert_close(image[:, 1, 1], torch.tensor([0.8, 0.8, 0.6]), rtol=0, atol=0.01)


def test_what_is_drawn_decides_and_each_image_has_its_own() -> None:
    images = filled_square().expand(24, -1, -1, -1)
    first, again, other = (strengthen(images, draw(24, torch.Generator().manual_seed(s)), 32) for s in (0, 0, 1))

    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert len(torch.unique(first.flatten(1), dim=0)) == 24


@pytest.mark.parametrize("augmentation", ["none", "weak", "strong"])
def test_a_preset_changes_pixels_and_never_which_images(task: Task, augmentation: str) -> None:
    images = decode_images(task.source_images(), Preprocessing(36, 36))
    batch = Stream(images, PREPROCESSING, 3, "source", augmentation=augmentation).crops(2, 6)
    plain = Stream(images, PREPROCESSING, 3, "source").crops(2, 6)

    assert torch.equal(batch.index, plain.index)
    assert (batch.images.shape, batch.images.dtype) == (plain.images.shape, torch.uint8)
    assert torch.equal(batch.images, plain.images) == (augmentation == "weak")
