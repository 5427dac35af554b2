"""A new image goes where its neighbours are, or is said to be off the map."""

import numpy as np
import pytest

from isra_model.inspection.gallery import FittedMap, ModelRows
from isra_model.inspection.neighbours import nearest_others, normalised
from isra_model.inspection.placement import off_map_threshold, place


def rows_of(features: np.ndarray, positions: np.ndarray) -> ModelRows:
    neighbours = nearest_others(normalised(features), 5)
    count = len(features)
    fitted = FittedMap(positions, np.ones(count, np.float32), ())
    return ModelRows(
        features=features,
        probabilities=np.ones((count, 1), np.float32),
        class_weight=np.ones(1, np.float32),
        sample_weight=np.ones(count, np.float32),
        topic_values=np.zeros((count, 0), np.float32),
        neighbours=neighbours.indices,
        threshold=off_map_threshold(neighbours),
        maps={"umap": fitted},
    )


@pytest.fixture
def rows() -> ModelRows:
    """Return 200 rows around two directions, whose maps are two points far apart."""
    generator = np.random.default_rng(0)
    centres = np.repeat(np.array([[1, 0, 0], [0, 1, 0]], np.float32), 100, axis=0)
    features = centres + 0.05 * generator.standard_normal((200, 3)).astype(np.float32)
    return rows_of(features, centres[:, :2] * 10)


def test_an_image_lies_with_its_neighbours(rows: ModelRows) -> None:
    placement = place(rows, np.array([1, 0, 0], np.float32))["umap"]
    np.testing.assert_allclose(placement.position, [10, 0])
    assert not placement.off_map


def test_neighbours_torn_apart_by_the_map_do_not_pull_it_between_the_pieces(rows: ModelRows) -> None:
    nearest = np.argsort(-rows.directions[:, 0])[:15]
    rows.maps["umap"].positions[nearest[:4]] = (-50, -50)
    placement = place(rows, np.array([1, 0, 0], np.float32))["umap"]
    np.testing.assert_allclose(placement.position, [10, 0])


def test_an_image_unlike_all_others_is_off_the_map(rows: ModelRows) -> None:
    placement = place(rows, np.array([0, 0, 1], np.float32))["umap"]
    assert placement.off_map
    assert placement.distance > placement.threshold


def test_one_percent_of_the_rows_themselves_are_beyond_the_threshold(rows: ModelRows) -> None:
    nearest = nearest_others(rows.directions, 1).distances[:, 0]
    assert (nearest > rows.threshold).mean() == pytest.approx(0.01, abs=0.005)
