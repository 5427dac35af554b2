"""What a lasso around some points tells."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from isra_model.inspection.gallery import Gallery
from isra_model.inspection.selection import moved_most, rows_as_csv, summarise

MODEL = "ba3us-isra"


def changed(gallery: Gallery, model: str = MODEL, **fields: np.ndarray) -> Gallery:
    """Return the gallery with some answers of one model replaced."""
    return replace(gallery, models={**gallery.models, model: replace(gallery.models[model], **fields)})


def test_domains_and_classes_are_counted(gallery: Gallery) -> None:
    selection = summarise(gallery, MODEL, [0, 1, 5, 0])
    assert selection.rows.tolist() == [0, 1, 5]
    assert selection.domains == {"source": 3, "target": 0}
    kept = gallery.models[MODEL].maps["umap"].overlap[[0, 1, 5]]
    assert selection.overlap["umap"] == pytest.approx(kept.mean())
    assert [(item.label, item.count) for item in selection.classes] == [("ball", 2), ("box", 1)]


def test_topics_of_the_selection_stand_out(gallery: Gallery) -> None:
    values = np.random.default_rng(0).random((len(gallery), 6)).astype(np.float32)
    values[:4, 3] += 5
    first = summarise(changed(gallery, topic_values=values), MODEL, range(4)).topics[0]
    assert first.index == 3
    assert first.inside == pytest.approx(values[:4, 3].mean())
    assert first.outside == pytest.approx(values[4:, 3].mean())


def test_mixing_is_zero_apart_and_within_chance_when_mixed_at_random(gallery: Gallery) -> None:
    count = len(gallery)
    source = int((gallery.domains == "source").sum())
    everyone = np.array([np.delete(np.arange(count), row) for row in range(count)])
    own = np.where(np.arange(count)[:, None] < source, 0, source) + np.arange(5)
    apart = summarise(changed(gallery, neighbours=own), MODEL, range(count)).mixing
    assert apart.value == 0 < apart.low
    assert "apart" in apart.verdict
    shuffled = np.random.default_rng(0).permuted(everyone, axis=1)
    mixed = summarise(changed(gallery, neighbours=shuffled), MODEL, range(count)).mixing
    assert mixed.low < mixed.value < mixed.high
    assert mixed.shuffled == pytest.approx(1, abs=0.05)


def test_a_pair_across_the_domains_is_more_mixed_than_chance_and_few_rows_give_a_wide_range(gallery: Gallery) -> None:
    source = int((gallery.domains == "source").sum())
    opposite = np.where(np.arange(len(gallery))[:, None] < source, source, 0) + np.arange(5)
    across = changed(gallery, neighbours=opposite)
    few, many = (summarise(across, MODEL, range(count)).mixing for count in (2, len(gallery)))
    assert many.value > many.high
    assert many == summarise(across, MODEL, range(len(gallery))).mixing
    assert few.high - few.low > many.high - many.low


def test_an_empty_selection_is_empty(gallery: Gallery) -> None:
    selection = summarise(gallery, MODEL, [])
    assert selection.classes == selection.topics == ()
    assert np.isnan(selection.mixing.value)


def test_a_model_without_isra_has_no_topics(gallery: Gallery) -> None:
    assert summarise(gallery, "ba3us", [0, 1]).topics == ()


def test_moved_most_are_target_rows_that_lost_their_neighbours(gallery: Gallery) -> None:
    before = gallery.models["source-only"].neighbours
    after = before.copy()
    lost, source_row = len(gallery) - 2, 0
    after[[lost, source_row]] = [row for row in range(len(gallery)) if row not in before[lost]][: after.shape[1]]
    moved = moved_most(changed(gallery, neighbours=after), "source-only", MODEL, count=3)
    assert moved[0].row == lost
    assert (moved[0].kept, moved[1].kept) == (0, 1)


def test_rows_as_csv_have_a_header_and_a_line_each(gallery: Gallery) -> None:
    lines = list(csv.DictReader(io.StringIO(rows_as_csv(gallery, MODEL, [2, 30]))))
    assert [line["key"] for line in lines] == [gallery.keys[2], gallery.keys[30]]
    assert lines[1]["domain"] == "target"
    assert float(lines[0]["umap_x"]) == pytest.approx(gallery.models[MODEL].maps["umap"].positions[2, 0], abs=1e-3)
