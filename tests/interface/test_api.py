"""The HTTP interface: names and answers that stay, held to a snapshot, and the same JSON as the command line's."""

import json
import os
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from isra_model.inspection.serialise import view_as_json
from isra_model.interface.actions import Actions
from isra_model.interface.api import Answers
from isra_model.interface.page import build_page
from isra_model.interface.studio import OpenTask, Studio
from tests.interface.conftest import ISRA, NAME

SNAPSHOT = Path(__file__).with_name("api_schema.json")
ANEW = (
    "The HTTP interface changed, on which scripts and agents rely. If that is meant, write its snapshot anew with\n"
    "ISRA_UPDATE_SCHEMA=1 make unit ARGS=tests/interface/test_api.py, and say so in CHANGELOG.md."
)


def described(value: Any) -> Any:
    """Return the names and types in an answer."""
    if isinstance(value, dict) and value and all(key.isdecimal() for key in value):
        return {"NUMBER": described(next(iter(value.values())))}
    if isinstance(value, dict):
        return {key: described(each) for key, each in value.items()}
    if isinstance(value, list):
        return [described(value[0])] if value else []
    return type(value).__name__


@pytest.fixture
def answers(actions: Actions, studio: Studio) -> dict[str, Any]:
    """Return what each endpoint answers."""
    offered, image = Answers(actions), ({"path": str(studio.examples[0].path)}, NAME)
    asked: dict[str, tuple[Any, ...]] = {
        "predict": (*image, None),
        "topics": (*image, "", None),
        "topic_masks": (*image, "", None),
        "explain": (*image, "", "", "", None),
        "neighbours": (*image, None),
        "place": (*image, None),
        "inspect_point": (3, NAME, None),
        "lasso_statistics": ([0, 1, 30], NAME, "", None),
        "checkpoints": (),
    }
    return {name: getattr(offered, name)(*arguments) for name, arguments in asked.items()}


def test_names_and_answers_are_those_of_the_snapshot(studio: Studio, actions: Actions, answers: dict[str, Any]) -> None:
    endpoints = build_page(studio, actions).get_api_info()["named_endpoints"]
    live = {
        name.removeprefix("/"): {
            "asks": {each["parameter_name"]: each["component"] for each in endpoint["parameters"]},
            "answers": described(answers.get(name.removeprefix("/"))),
        }
        for name, endpoint in endpoints.items()
    }
    if os.environ.get("ISRA_UPDATE_SCHEMA"):
        SNAPSHOT.write_text(json.dumps(live, indent=2, sort_keys=True) + "\n")
    assert live == json.loads(SNAPSHOT.read_text()), ANEW


def test_what_is_answered_is_json_and_the_same_as_the_command_lines(
    answers: dict[str, Any], studio: Studio, open_task: OpenTask
) -> None:
    json.dumps(answers, allow_nan=False)
    view = view_as_json(open_task.look(studio.examples[0].open())[ISRA])
    assert answers["predict"][ISRA] == {name: view[name] for name in answers["predict"][ISRA]}
    assert answers["place"][ISRA] == view["map"]
    assert [topic | {"feature_mask": None} for topic in answers["topics"]] == [
        topic | {"feature_mask": None} for topic in view["topics"]
    ]


def test_a_point_is_told_as_each_model_sees_it(answers: dict[str, Any], open_task: OpenTask) -> None:
    gallery, point = open_task.gallery, answers["inspect_point"]
    assert [point["key"], point["domain"], point["label"]] == ["drawn:3", "source", "ball"]
    for model, said in point["models"].items():
        rows = gallery.models[model]
        assert said["predictions"][0]["label"] == gallery.classes[rows.predicted[3]]
        assert [near["row"] for near in said["neighbours"]] == rows.neighbours[3].tolist()
        assert [near["distance"] for near in said["neighbours"]] == sorted(
            near["distance"] for near in said["neighbours"]
        )


@pytest.mark.parametrize("rows", ["0, 1", [10**9], None, [], [1, -5], [0, True], [0.5], [[0]]])
def test_rows_that_are_none_are_refused_with_those_that_there_are(
    actions: Actions, open_task: OpenTask, rows: object
) -> None:
    last = len(open_task.gallery) - 1
    with pytest.raises(gr.Error, match=rf"There is no row .*: rows are numbers from 0 to {last}\."):
        Answers(actions).lasso_statistics(rows, NAME, "", None)  # type: ignore[arg-type]


@pytest.mark.parametrize("row", ["a", None, -1, 10**9])
def test_a_row_that_is_none_is_refused_with_those_that_there_are(actions: Actions, row: object) -> None:
    with pytest.raises(gr.Error, match=r"There is no row .*: rows are numbers from 0 to"):
        Answers(actions).inspect_point(row, NAME, None)  # type: ignore[arg-type]


def test_a_model_that_is_none_is_refused_with_those_that_there_are(actions: Actions, studio: Studio) -> None:
    offered, image = Answers(actions), {"path": str(studio.examples[0].path)}
    with pytest.raises(gr.Error, match="no model 'nope': take one of source-only, ba3us, ba3us-isra"):
        offered.lasso_statistics([0], NAME, "nope", None)  # type: ignore[arg-type]
    for endpoint in (offered.topics, offered.topic_masks):
        with pytest.raises(gr.Error, match="no model 'ba3us' with topics: take one of ba3us-isra, or leave"):
            endpoint(image, NAME, "ba3us", None)  # type: ignore[arg-type]
