"""Classes of a task, on rows placed by hand: 1 source image of each of three classes, four target images."""

from dataclasses import replace

import numpy as np
import pytest

from isra_model.inspection.classes import (
    changes,
    class_rates,
    class_similarity,
    closest_pairs,
    doubtful_annotations,
)
from isra_model.inspection.gallery import Gallery, ModelRows, Sprites

CUP, MUG, KEY = range(3)
LABELS = np.array([CUP, MUG, KEY, CUP, CUP, KEY, KEY])
FEATURES = np.array([[9, 1], [1, 9], [-9, -9], [8, 1], [2, 8], [-8, -8], [-8, -9]], dtype=np.float32)


def model(said: list[int], neighbours: list[int]) -> ModelRows:
    """Return what a model says, four parts in five sure of it; all rows have the same neighbours."""
    probabilities = np.full((7, 3), 0.1, dtype=np.float32)
    probabilities[range(7), said] = 0.8
    around = np.tile(np.array(neighbours), (7, 1))
    nothing = np.zeros((7, 0), dtype=np.float32)
    return ModelRows(FEATURES, probabilities, np.ones(3, np.float32), np.ones(7, np.float32), nothing, around, 1.0, {})


@pytest.fixture
def gallery() -> Gallery:
    models = {
        "before": model([CUP, MUG, KEY, MUG, CUP, MUG, KEY], [0, 2]),
        "after": model([CUP, MUG, KEY, CUP, MUG, KEY, KEY], [1, 1, 0]),
    }
    domains = np.array(["source"] * 3 + ["target"] * 4)
    sprites = Sprites((), 24, 5, 25, pictures=7)
    shared = np.array([True, False, True])
    return Gallery(tuple("abcdefg"), domains, LABELS, ("cup", "mug", "key"), shared, sprites, models)


def unlabelled(gallery: Gallery) -> Gallery:
    return replace(gallery, labels=np.where(gallery.domains == "target", -1, gallery.labels))


def test_a_class_is_most_like_itself_in_the_other_domain(gallery: Gallery) -> None:
    found = class_similarity(gallery, "after")
    assert (found.sources.tolist(), found.targets.tolist()) == ([CUP, MUG, KEY], [CUP, KEY])
    assert found.sources[found.cosines[1].argmax()] == KEY


def test_without_target_labels_its_classes_are_what_the_model_says(gallery: Gallery) -> None:
    assert class_similarity(unlabelled(gallery), "after").targets.tolist() == [CUP, MUG, KEY]
    assert class_rates(unlabelled(gallery), "after") == {}


def test_pairs_are_the_closest_and_no_image_comes_twice(gallery: Gallery) -> None:
    (pair,) = closest_pairs(gallery, "after", CUP, CUP)
    assert (pair.source, pair.target) == (0, 3)
    assert closest_pairs(gallery, "after", CUP, MUG) == ()


def test_rates_count_the_targets_images(gallery: Gallery) -> None:
    rates = class_rates(gallery, "after")
    assert {label: (rate.right, rate.images) for label, rate in rates.items()} == {CUP: (1, 2), KEY: (2, 2)}


def test_rates_leave_out_images_without_a_label(gallery: Gallery) -> None:
    labels = np.where(np.arange(len(gallery)) == len(gallery) - 1, -1, gallery.labels)
    rates = class_rates(replace(gallery, labels=labels), "after")
    assert {label: rate.images for label, rate in rates.items()} == {CUP: 2, KEY: 1}


def test_a_change_is_mended_or_made_by_the_label(gallery: Gallery) -> None:
    found = {(c.before, c.after): (c.rows.tolist(), c.mended, c.made) for c in changes(gallery, "before", "after")}
    assert found == {(MUG, CUP): ([3], 1, 0), (CUP, MUG): ([4], 0, 1), (MUG, KEY): ([5], 1, 0)}
    assert all(change.mended == change.made == 0 for change in changes(unlabelled(gallery), "before", "after"))


def test_an_annotation_is_in_doubt_where_model_and_neighbours_both_contradict_it(gallery: Gallery) -> None:
    (doubt,) = doubtful_annotations(gallery, "after")
    assert (doubt.row, doubt.predicted, doubt.rival) == (4, MUG, MUG)
    assert doubt.score == pytest.approx((0.8 - 0.1 + 2 / 3 - 1 / 3) / 2)
