"""A gallery whose target has no labels: everything that needs none works, and the rest is left out."""

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isra_model.figures import colours, maps
from isra_model.figures.maps import MapStyle
from isra_model.inspection import Inspector, read_inspectors
from isra_model.inspection.gallery import UNLABELLED, Gallery
from isra_model.inspection.selection import moved_most, rows_as_csv, summarise
from isra_model.inspection.serialise import view_as_json

MODEL = "ba3us-isra"


@pytest.fixture(scope="module")
def unlabelled(task_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Inspector:
    """Return the inspector of a task whose target's classes nobody knows."""
    own = Path(shutil.copytree(task_folder, tmp_path_factory.mktemp("unlabelled") / "task"))
    for description in (own / "gallery" / "gallery.json", *own.glob("*/config.json")):
        fields = json.loads(description.read_text()) | {"target_classes": []}
        if "labels" in fields:
            fields["labels"] = fields["labels"][: fields["source_rows"]] + [-1] * fields["target_rows"]
        description.write_text(json.dumps(fields))
    return read_inspectors(own)[MODEL]


@pytest.fixture(scope="module")
def rows(unlabelled: Inspector) -> Gallery:
    assert unlabelled.gallery is not None
    return unlabelled.gallery


def test_a_row_without_a_label_is_called_unknown(unlabelled: Inspector, rows: Gallery, image: Image.Image) -> None:
    assert not rows.labelled
    assert {rows.label(row) for row in np.flatnonzero(rows.domains == "target")} == {UNLABELLED}
    view = unlabelled.look(image)
    assert {neighbour.label for neighbour in view.target_neighbours} == {UNLABELLED}
    assert UNLABELLED not in {neighbour.label for neighbour in view.source_neighbours}


def test_no_class_is_called_source_only_where_nobody_knows(unlabelled: Inspector, image: Image.Image) -> None:
    view = unlabelled.look(image)
    assert all(prediction.shared for prediction in view.predictions)
    assert view_as_json(view)["source_only_mass"] is None


def test_a_lasso_counts_the_labels_that_there_are(rows: Gallery) -> None:
    everything = range(len(rows))
    selection = summarise(rows, MODEL, everything)
    assert sum(entry.count for entry in selection.classes) == selection.domains["source"]
    table = list(csv.DictReader(io.StringIO(rows_as_csv(rows, MODEL, everything))))
    assert {line["label"] for line in table if line["domain"] == "target"} == {UNLABELLED}
    assert len(moved_most(rows, "source-only", MODEL)) == selection.domains["target"]


def test_the_map_does_not_say_what_is_right_where_nobody_knows(rows: Gallery) -> None:
    assert "correct" not in maps.colourings(rows)
    for colour_by in maps.COLOUR_BY:
        maps.recolour(rows, (MODEL,), MapStyle(colour_by=colour_by))
    target = maps.recolour(rows, (MODEL,), MapStyle(colour_by="class"))["updates"][1]
    assert set(target["color"]) == {colours.UNSHARED}
    source = maps.recolour(rows, (MODEL,), MapStyle(colour_by="class"))["updates"][0]
    assert colours.UNSHARED not in source["color"]
