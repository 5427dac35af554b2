"""Maps of several models can be read side by side."""

import importlib.util

import numpy as np
import pytest

from isra_model.inspection.maps import (
    FeatureSpace,
    Fitter,
    common_start,
    fit_linked,
    fit_tsne,
    fit_umap,
    map_overlap,
    turned_to,
)


def clusters(seed: int, noise: float = 0.3) -> np.ndarray:
    """Return (90, 12) features of three clusters of thirty."""
    generator = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((3, 12))
    return (np.repeat(centres, 30, axis=0) + noise * generator.standard_normal((90, 12))).astype(np.float32)


def test_the_start_has_unit_variance_and_does_not_depend_on_signs_of_the_library() -> None:
    start = common_start([clusters(0), clusters(1)])
    np.testing.assert_allclose(start.std(axis=0), 1, atol=1e-4)
    np.testing.assert_allclose(start, common_start([clusters(0), clusters(1)]))


def test_turning_undoes_a_turn_a_mirror_and_a_shift_but_no_stretch() -> None:
    positions = np.random.default_rng(0).standard_normal((50, 2)).astype(np.float32)
    mirrored_turn = np.array([[0, 1], [1, 0]], np.float32)
    np.testing.assert_allclose(turned_to(positions, positions @ mirrored_turn + 5), positions, atol=1e-5)
    stretched = turned_to(positions, 3 * positions)
    np.testing.assert_allclose(stretched.std(axis=0), 3 * positions.std(axis=0), rtol=1e-4)


def test_overlap_is_one_for_a_map_that_is_the_space() -> None:
    angles = np.linspace(0, 3, 60, dtype=np.float32)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    space = FeatureSpace.of(circle, 4)
    np.testing.assert_allclose(map_overlap(space.neighbours.indices, circle), 1, atol=0.3)
    shuffled = np.random.default_rng(0).permutation(circle)
    assert map_overlap(space.neighbours.indices, shuffled).mean() < 0.3


def test_linked_maps_are_fitted_from_one_start_and_turned_to_the_last() -> None:
    spaces = {"first": FeatureSpace.of(clusters(0), 5), "last": FeatureSpace.of(clusters(1), 5)}
    start = np.random.default_rng(0).standard_normal((90, 2)).astype(np.float32)
    turn = np.array([[0, -1], [1, 0]], np.float32)
    maps = fit_linked(lambda space, start: start @ turn if space is spaces["first"] else start, spaces, start)
    np.testing.assert_allclose(maps["first"], maps["last"], atol=1e-5)


@pytest.mark.skipif(importlib.util.find_spec("openTSNE") is None, reason="openTSNE is of the app extra")
def test_tsne_keeps_clusters_together_and_is_deterministic() -> None:
    check_fitter(fit_tsne)


@pytest.mark.skipif(importlib.util.find_spec("umap") is None, reason="umap-learn is of the app extra")
def test_umap_keeps_clusters_together_and_is_deterministic() -> None:
    check_fitter(fit_umap)


RANDOM = clusters(0)[:20]
DEGENERATE = {
    "all alike": np.repeat(RANDOM[:1], 20, axis=0),
    "some without length": np.concatenate([RANDOM[:10], np.zeros_like(RANDOM[:10])]),
    "three": RANDOM[:3],
}


@pytest.mark.parametrize("fit", [fit_umap, fit_tsne])
@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_rows_have_a_map(fit: Fitter, name: str) -> None:
    pytest.importorskip("umap" if fit is fit_umap else "openTSNE")
    space = FeatureSpace.of(DEGENERATE[name], 15)

    positions = fit(space, common_start([space.directions]))

    assert np.isfinite(turned_to(positions, positions)).all()


def check_fitter(fit) -> None:  # type: ignore[no-untyped-def]
    features = clusters(0)
    space = FeatureSpace.of(features, 15)
    start = common_start([space.directions])
    positions = fit(space, start)
    np.testing.assert_array_equal(positions, fit(space, start))
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    same = np.repeat(np.arange(3), 30)[:, None] == np.repeat(np.arange(3), 30)[None]
    assert distances[same].mean() < 0.5 * distances[~same].mean()
