"""What the view *Classes* is told."""

import json
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest

from isra_model.interface.classes import classes_payload, pairs_payload
from isra_model.interface.studio import OpenTask


def test_the_view_is_told_of_every_model(open_task: OpenTask) -> None:
    told = classes_payload(open_task)
    json.dumps(told, allow_nan=False)
    assert set(told["similarity"]) == set(told["rates"]) == set(told["doubts"]) == set(open_task.models)
    assert set(told["changes"]) == set(open_task.models[1:])
    whole, *classes = told["rates"]["ba3us"]
    assert whole["images"] == sum(entry["images"] for entry in classes)


def test_without_labels_there_is_no_accuracy(open_task: OpenTask) -> None:
    gallery = replace(open_task.gallery, labels=np.where(open_task.gallery.domains == "target", -1, 0))
    inspectors = {name: replace(inspector, gallery=gallery) for name, inspector in open_task.inspectors.items()}
    told = classes_payload(OpenTask(open_task.name, inspectors))
    assert told["rates"] is None
    assert told["shared"] is None


def test_a_cell_that_is_none_is_refused_in_a_line(open_task: OpenTask) -> None:
    assert pairs_payload(open_task, "ba3us", 0, 1)["pairs"]
    for asked in (("gone", 0, 1), ("ba3us", 99, 1), ("ba3us", "0", 1), ("ba3us", 0, None)):
        with pytest.raises(gr.Error, match="choose another cell"):
            pairs_payload(open_task, *asked)
