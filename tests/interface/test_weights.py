"""What the view *Weights* is told, and the mini-batches that one can step through."""

import json
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from isra_model.inspection.weights import batches, weighted_batch
from isra_model.interface.studio import OpenTask
from isra_model.interface.weights import batch_payload, weights_payload


def test_the_view_is_told_the_mean_target_probability_of_each_class(open_task: OpenTask) -> None:
    told = weights_payload(open_task)
    json.dumps(told, allow_nan=False)
    assert list(told["weights"]) == list(open_task.models)
    assert sum(told["weights"]["ba3us"]) == pytest.approx(1, abs=0.01)


def test_class_weights_over_training_are_shown_where_the_log_has_them(open_task: OpenTask, tmp_path: Path) -> None:
    inspector = open_task.inspectors["ba3us"]
    logged = [{"step": 99, "evaluation": {"evaluated_step": 100}, "class_weight": [0.5, 0.5, 0, 0, 0]}, {"step": 100}]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in logged))
    kept = replace(inspector, checkpoint=replace(inspector.checkpoint, folder=tmp_path))
    task = replace(open_task, inspectors={**open_task.inspectors, "ba3us": kept})
    assert weights_payload(task)["history"] == {
        "source-only": None,
        "ba3us": {"steps": [100], "weights": [[0.5, 0.5, 0, 0, 0]]},
        "ba3us-isra": None,
    }


def test_a_mini_batch_is_half_source_half_target_and_no_image_comes_twice(open_task: OpenTask) -> None:
    gallery = open_task.gallery
    every = batches(gallery)
    rows = np.concatenate(every)
    assert len(set(rows.tolist())) == len(rows)
    for batch in every:
        assert (gallery.domains[batch] == "source").sum() * 2 == len(batch)


def test_a_surer_image_counts_more(open_task: OpenTask) -> None:
    gallery = open_task.gallery
    batch = weighted_batch(gallery, "ba3us-isra", batches(gallery)[0])
    order = np.argsort(batch.entropy)
    assert (np.diff(batch.confidence[order]) <= 0).all()
    assert batch.strengths.shape == (len(batch.rows), len(batch.topics))
    assert weighted_batch(gallery, "ba3us", batch.rows).strengths.shape == (len(batch.rows), 0)


def test_a_mini_batch_that_is_none_is_refused_in_a_line(open_task: OpenTask) -> None:
    for model, number in (("gone", 0), ("ba3us", 99), ("ba3us", "0"), ("ba3us", None)):
        with pytest.raises(gr.Error, match="choose another one"):
            batch_payload(open_task, model, number)
