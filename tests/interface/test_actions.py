"""What visitors may ask for, and what they are told when they ask for something else."""

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import gradio as gr
import pytest

from isra_model.inspection.gallery import Gallery
from isra_model.interface.actions import TOO_MANY, Actions, Seen
from isra_model.interface.limits import Rate, TokenBuckets
from isra_model.interface.map import read_style
from isra_model.interface.studio import Studio
from tests.inspection.conftest import picture, png
from tests.interface.conftest import ISRA, NAME


def data_url(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def test_a_drawing_is_read(actions: Actions) -> None:
    assert actions.open_sketch(data_url(png(picture(1)))).size == (48, 40)


@pytest.mark.parametrize("drawing", [None, 7, "hello", "data:image/png;base64,%%%", data_url(b"no png"), "/etc/passwd"])
def test_anything_else_is_no_drawing(actions: Actions, drawing: object) -> None:
    with pytest.raises(gr.Error, match="cannot be read"):
        actions.open_sketch(drawing)


def test_a_huge_drawing_is_refused_before_it_is_decoded(actions: Actions) -> None:
    with pytest.raises(gr.Error):
        actions.open_sketch("data:image/png;base64," + "A" * 2_000_000)


def test_a_bad_file_gets_a_message_without_its_path(actions: Actions, tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.write_text("no image")
    with pytest.raises(gr.Error) as refusal:
        actions.open_file(str(path))
    assert "secret" not in str(refusal.value.message)


@pytest.mark.parametrize("index", [-1, 1, "0", None, 0.5])
def test_an_unknown_example_is_refused(actions: Actions, index: object) -> None:
    with pytest.raises(gr.Error):
        actions.open_example(index)


@pytest.mark.parametrize("row", [-1, 10**9, "1", None])
def test_an_unknown_row_is_refused(actions: Actions, row: object) -> None:
    with pytest.raises(gr.Error):
        actions.open_row(NAME, row)


def test_an_image_that_may_not_be_shown_is_not_looked_at_and_says_why(
    actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gallery, "has_picture", lambda gallery, row: row < 2)
    assert actions.open_row(NAME, 1).size == (24, 24)
    with pytest.raises(gr.Error, match="not ours to show"):
        actions.open_row(NAME, 2)


def test_rows_of_a_lasso_are_checked_one_by_one(actions: Actions) -> None:
    card = actions.selection_card(NAME, ISRA, [3, 1, 3, -5, "x", 10**9])
    assert card["rows"] == [1, 3]
    assert len(card["csv"].splitlines()) == 3


@pytest.mark.parametrize(("model", "rows"), [("gpt", [1]), (ISRA, "all"), (ISRA, [])])
def test_a_broken_lasso_is_refused(actions: Actions, model: object, rows: object) -> None:
    with pytest.raises(gr.Error):
        actions.selection_card(NAME, model, rows)


def test_a_topic_on_demand_is_measured_alone(actions: Actions, seen: Seen) -> None:
    index = seen.views[ISRA].topics[-1].index
    assert list(actions.topic_scores(seen, index)["scores"]) == [str(index)]
    with pytest.raises(gr.Error):
        actions.topic_scores(seen, 10_000)


def test_the_same_image_has_the_same_key(actions: Actions) -> None:
    one, two = actions.look(picture(3), NAME), actions.look(picture(3), NAME)
    assert one.key == two.key != actions.look(picture(4), NAME).key


def test_a_client_that_asks_too_often_is_told_to_wait(studio: Studio) -> None:
    actions = Actions(studio, TokenBuckets(Rate(burst=1, per_second=0)))
    request = cast(gr.Request, SimpleNamespace(client=SimpleNamespace(host="203.0.113.7")))
    actions.admit(request)
    with pytest.raises(gr.Error, match=TOO_MANY):
        actions.admit(request)


def test_an_unknown_style_becomes_the_default() -> None:
    style = read_style("3d", "<b>", "7")
    assert (style.map_name, style.colour_by, style.topic) == ("umap", "domain", 0)
