"""A grid becomes a picture with the same means."""

import numpy as np
import pytest

from isra_model.inspection.frame import Frame, enlarge

GRID = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)


def test_every_cell_keeps_its_mean() -> None:
    picture = enlarge(GRID, 30, 80)
    cells = picture.reshape(3, 10, 4, 20).mean(axis=(1, 3))
    np.testing.assert_allclose(cells, GRID, atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(96, 96), (31, 57), (3, 4), (2, 90), (1, 1)])
def test_the_mean_is_kept_at_any_size(height: int, width: int) -> None:
    assert enlarge(GRID, height, width).mean() == pytest.approx(GRID.mean(), abs=1e-5)


def test_a_flat_grid_stays_flat() -> None:
    np.testing.assert_allclose(enlarge(np.ones((3, 3), np.float32), 50, 40), 1, atol=1e-5)


def test_the_picture_has_no_seams() -> None:
    """Neighbouring pixels of a thousand differ by little, where repeated cells would jump by their difference."""
    picture = enlarge(GRID, 1000, 1000)
    assert np.abs(np.diff(picture, axis=0)).max() < 0.02 * np.ptp(GRID)


def test_the_box_is_the_centre_crop_in_image_coordinates() -> None:
    frame = Frame.of(height=208, width=104, visible=96 / 104)
    assert (frame.top, frame.bottom, frame.left, frame.right) == (8, 200, 4, 100)
    assert frame.box == pytest.approx((4 / 104, 8 / 208, 100 / 104, 200 / 208))


@pytest.mark.parametrize(("height", "width"), [(208, 104), (500, 333), (20, 1000), (1, 1)])
def test_the_mask_has_the_grids_mean_inside_the_box_and_is_zero_outside(height: int, width: int) -> None:
    frame = Frame.of(height, width, visible=96 / 104)
    mask = frame.place(GRID)
    inside = mask[frame.top : frame.bottom, frame.left : frame.right]
    assert mask.shape == (height, width)
    assert inside.mean() == pytest.approx(GRID.mean(), abs=1e-5)
    assert np.abs(mask).sum() == pytest.approx(np.abs(inside).sum(), rel=1e-5)
