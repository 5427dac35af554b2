"""What the browser is sent: plain JSON, and overlays that are the inspector's own."""

import base64
import json
from dataclasses import replace

import numpy as np

from isra_model.figures.maps import MapStyle
from isra_model.interface import payloads
from isra_model.interface.actions import Actions, Seen
from isra_model.interface.compare import compare_payload, pinned
from isra_model.interface.map import map_payload, moved_payload, restyled
from isra_model.interface.predict import why_payload
from isra_model.interface.studio import OpenTask
from isra_model.interface.topics import strip_payload, topics_payload
from tests.interface.conftest import ISRA


def test_every_payload_is_plain_json(open_task: OpenTask, seen: Seen, actions: Actions) -> None:
    card = actions.selection_card(open_task.name, ISRA, [0, 1, 2])
    for value in (
        payloads.prediction_payload(seen.key, open_task, seen.views),
        topics_payload(open_task, seen),
        strip_payload(open_task, seen),
        payloads.image_payload(open_task, seen.views),
        actions.scores(seen),
        compare_payload(actions, pinned(actions, seen, seen.key)),
        card,
        map_payload(open_task, seen),
        moved_payload(open_task),
        restyled(open_task, MapStyle("tsne", "topic", 1)),
    ):
        json.dumps(value, allow_nan=False)


def test_classes_are_one_row_each_with_a_probability_for_every_model(open_task: OpenTask, seen: Seen) -> None:
    said = payloads.prediction_payload(seen.key, open_task, seen.views)
    labels = [row["label"] for row in said["classes"]]
    assert len(labels) == len(set(labels)) <= payloads.CLASSES_SHOWN
    for column, (model, view) in enumerate(seen.views.items()):
        best = view.predictions[0]
        row = next(row for row in said["classes"] if row["label"] == best.label)
        assert np.isclose(row["probabilities"][column], best.probability)
        assert said["models"][column]["top"] == best.label, model


def test_the_accuracy_recorded_of_each_model_stands_beside_what_it_says(open_task: OpenTask, seen: Seen) -> None:
    measured = {
        name: replace(inspector, checkpoint=replace(inspector.checkpoint, metrics={"accuracy": percent}))
        for (name, inspector), percent in zip(open_task.inspectors.items(), (38.0, 70.5, 69.0), strict=True)
    }

    said = payloads.prediction_payload(seen.key, OpenTask(open_task.name, measured), seen.views)

    assert [model["accuracy"] for model in said["models"]] == [38.0, 70.5, 69.0]


def test_the_browsers_overlay_is_the_inspectors_mask(seen: Seen) -> None:
    sent = payloads.topics_payload(seen.key, seen.views[ISRA])
    rows, columns = np.array(sent["spline"]["rows"]), np.array(sent["spline"]["columns"])
    topic = seen.views[ISRA].topics[0]
    drawn = rows @ np.array(sent["topics"][0]["grid"]) @ columns.T
    assert np.allclose(drawn, topic.picture(payloads.OVERLAY_SIDE), atol=1e-3)


def test_the_stripes_are_the_feature_mask(seen: Seen) -> None:
    topic = seen.views[ISRA].topics[0]
    sent = payloads.topics_payload(seen.key, seen.views[ISRA])["topics"][0]
    codes = np.frombuffer(base64.b64decode(sent["stripe"]), dtype=np.int8)
    scale = np.abs(topic.feature_mask).max()
    assert np.allclose(codes / 127 * sent["stripeScale"], topic.feature_mask, atol=scale / 127)


def test_what_the_topics_say_adds_up_to_the_networks_answer(open_task: OpenTask, seen: Seen) -> None:
    sent = why_payload(open_task, seen)
    parts = {
        name: np.frombuffer(base64.b64decode(sent["evidence"][name]), dtype="<f4").reshape(-1, len(sent["classes"]))
        for name in ("contributions", "residual", "constant")
    }
    assert len(parts["contributions"]) == len(sent["evidence"]["topics"])
    logits = sum(part.sum(axis=0, dtype=np.float64) for part in parts.values())
    powers = np.exp(logits - logits.max())
    assert np.allclose(powers / powers.sum(), seen.views[ISRA].probabilities, atol=1e-4)


def test_no_payload_names_a_folder(open_task: OpenTask, seen: Seen) -> None:
    text = json.dumps([payloads.prediction_payload(seen.key, open_task, seen.views), map_payload(open_task, seen)])
    folder = str(open_task.main.checkpoint.folder.parent.parent)
    assert folder not in text


def test_a_model_without_topics_sends_none() -> None:
    assert payloads.topics_payload("key", None) == {"key": "key", "topics": []}
