"""Nearest neighbours are exact."""

import numpy as np
import pytest

from isra_model.inspection.neighbours import nearest, nearest_on_map, nearest_others, normalised, shared_neighbours

ROWS = normalised(np.random.default_rng(0).standard_normal((1500, 8)).astype(np.float32))


def test_a_zero_vector_stays_zero() -> None:
    np.testing.assert_array_equal(normalised(np.zeros((1, 3), np.float32)), 0)


def test_nearest_are_those_of_a_full_sort() -> None:
    indices, distances = nearest(ROWS, ROWS[:3], 10)
    expected = np.argsort(-(ROWS[:3] @ ROWS.T), axis=1)[:, :10]
    np.testing.assert_array_equal(indices, expected)
    assert (np.diff(distances, axis=1) >= 0).all()


def test_fewer_rows_than_asked_for_give_all() -> None:
    assert sorted(nearest(ROWS[:4], ROWS[:1], 12).indices[0]) == [0, 1, 2, 3]


def test_no_row_is_its_own_neighbour_even_among_copies() -> None:
    copies = np.repeat(ROWS[:2], 700, axis=0)
    indices = nearest_others(copies, 5).indices
    assert not (indices == np.arange(1400)[:, None]).any()
    assert (nearest_others(copies, 5).distances < 1e-6).all()


def test_map_neighbours_are_by_euclidean_distance() -> None:
    positions = np.array([[0, 0], [1, 0], [3, 0], [7, 0]], np.float32)
    np.testing.assert_array_equal(nearest_on_map(positions, 1).indices[:, 0], [1, 0, 1, 2])


def test_shared_neighbours_count_regardless_of_order() -> None:
    first, second = np.array([[1, 2, 3], [4, 5, 6]]), np.array([[3, 1, 9], [7, 8, 9]])
    assert shared_neighbours(first, second) == pytest.approx([2 / 3, 0])
