"""What the page answers when a session was forgotten, when answers come late, and when somebody asks too often."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest

from isra_model.interface import page as pages
from isra_model.interface.actions import FORGOTTEN, TOO_MANY, Actions, Seen
from isra_model.interface.batch import MAX_FILES
from isra_model.interface.limits import Rate, TokenBuckets
from isra_model.interface.navigation import asked_by
from isra_model.interface.page import Page, Wiring
from isra_model.interface.studio import GONE, OpenTask, Studio
from isra_model.interface.views import View
from tests.inspection.conftest import picture
from tests.interface.conftest import ISRA, NAME

NOBODY = cast(gr.Request, SimpleNamespace(client=None))
SOMEBODY = cast(gr.Request, SimpleNamespace(client=SimpleNamespace(host="203.0.113.7"), headers={}))


def event(**told: object) -> gr.EventData:
    return gr.EventData(None, told)


@pytest.fixture
def wiring(actions: Actions, seen: Seen) -> Wiring:
    return Wiring(bare_page(), actions, seen)


def bare_page() -> Page:
    """Return a page whose components are their names."""
    names = ("image", "models", "neighbours", "strip", "why", "topics", "share", "card", "plot", "rail", "moved")
    tab = SimpleNamespace(**{name: name for name in names})
    return Page(*cast(Any, ["checkpoint", "seen", "ask", "bus"]), *cast(Any, [tab, tab, tab]), ())


def look(wiring: Wiring, asked: dict[str, Any], seen: Seen | None) -> dict[Any, Any]:
    """Return what the page shows next, by component."""
    return wiring.look_at_asked(asked, None, None, NAME, seen, NOBODY)


def test_an_image_that_is_known_is_looked_at_without_being_sent_again(wiring: Wiring) -> None:
    """Another checkpoint is chosen: what was asked for last is asked for again."""
    sketch = {"kind": "sketch", "png": "gone", "turn": 4}
    seen = replace(wiring._actions.look(picture(3), NAME), key="key", turn=4)
    shown = look(wiring, sketch, seen)
    assert shown["seen"].image == picture(3)
    assert (shown["seen"].turn, shown["models"]["place"]) == (4, {})
    assert not {"image", "plot"} & set(shown)


def test_after_the_session_was_forgotten_the_same_image_is_opened_again(wiring: Wiring) -> None:
    row = {"kind": "row", "task": NAME, "row": 5, "turn": 2}
    shown = look(wiring, row, None)
    assert shown["image"] == shown["seen"].image == wiring._actions.open_row(NAME, 5)


def test_an_example_says_which_it_is_so_that_the_address_can_name_it(wiring: Wiring) -> None:
    shown = look(wiring, {"kind": "example", "index": 0, "turn": 1}, None)
    assert shown["seen"].place == shown["models"]["place"] == {"example": 0}


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ({"task": NAME}, {"kind": "example", "index": 0, "checkpoint": NAME}),
        ({"task": NAME, "row": "3"}, {"kind": "row", "row": 3, "task": NAME, "checkpoint": NAME}),
        ({"row": "3", "of": NAME, "task": "gone"}, {"kind": "row", "row": 3, "task": NAME, "checkpoint": None}),
        ({"example": "0"}, {"kind": "example", "index": 0, "checkpoint": None}),
        ({"with": "example.0"}, {"kind": "example", "index": 0, "checkpoint": None, "with": "example.0"}),
    ],
)
def test_an_address_names_what_to_look_at(studio: Studio, address: dict[str, str], kind: dict[str, Any]) -> None:
    assert asked_by(address, studio) == kind | {"topics": None}


@pytest.mark.parametrize(
    "address", [{}, {"tab": "map"}, {"task": "gone"}, {"example": "99"}, {"row": "²"}, {"with": "row.3.gone"}]
)
def test_an_address_that_names_nothing_changes_nothing(wiring: Wiring, studio: Studio, address: dict[str, str]) -> None:
    assert asked_by(address, studio) is None
    request = cast(gr.Request, SimpleNamespace(client=None, query_params=address))
    assert wiring.follow_link(request) == {"seen": wiring._opened}


def test_back_and_forward_bring_the_checkpoint_too(wiring: Wiring, seen: Seen) -> None:
    elsewhere = replace(seen, task="another")
    asked = {"kind": "example", "index": 0, "checkpoint": NAME, "turn": 7}
    shown = wiring.look_at_asked(asked, None, None, "another", elsewhere, NOBODY)
    assert (shown["checkpoint"], shown["seen"].task) == (NAME, NAME)


def test_a_task_of_ones_own_that_is_gone_leaves_with_a_word(
    wiring: Wiring, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda words, **_: told.append(words))
    asked = {"kind": "row", "row": 3, "task": "~gone", "turn": 7}
    shown = wiring.look_at_asked(asked, None, None, "~gone", replace(seen, task="~gone"), NOBODY)
    assert told == [GONE]
    assert (shown["checkpoint"]["value"], shown["seen"].task) == (NAME, NAME)
    assert [name for _, name in shown["checkpoint"]["choices"]] == [NAME]


def test_a_view_is_told_of_a_task_when_it_is_opened(wiring: Wiring) -> None:
    view = View("size", "Size", "model", payload=lambda task: {"rows": len(task.gallery)})
    assert wiring.open_view(view, event(task=NAME), NOBODY)["rows"] > 0
    with pytest.raises(gr.Error, match="no such checkpoint"):
        wiring.open_view(view, event(task="gone"), NOBODY)


@pytest.mark.parametrize(
    "asked", [None, "row", {}, {"kind": ["row"]}, {"kind": "row", "task": ["a"]}, {"kind": "several"}]
)
def test_an_ask_that_cannot_be_read_is_refused(wiring: Wiring, asked: Any) -> None:
    with pytest.raises(gr.Error, match="There is no such"):
        look(wiring, asked, None)


def test_a_topic_of_a_forgotten_image_is_not_measured_on_another(wiring: Wiring, seen: Seen) -> None:
    index = seen.views[ISRA].topics[0].index
    with pytest.raises(gr.Error, match=FORGOTTEN):
        wiring.explain(event(key="the visitor's mug", topic=index), None, NOBODY)
    assert wiring.explain(event(key="the visitor's mug", topic=index), seen, NOBODY) == gr.skip()
    assert wiring.explain(event(key=seen.topics_key, topic=index), None, NOBODY)["scores"]["key"] == seen.topics_key


def test_topics_are_of_the_model_that_is_chosen_for_this_image_and_the_next(wiring: Wiring, seen: Seen) -> None:
    two = wiring._actions.task(NAME)
    isra = two.inspectors[ISRA]
    opened = OpenTask(NAME, {"run1": isra, ISRA: isra})
    studio = SimpleNamespace(task=lambda _: opened, holds=lambda _: True, examples=())
    wiring._actions.studio = cast(Studio, studio)
    seen = wiring._actions.look(picture(3), NAME)

    chosen = wiring.choose_topics(event(key=seen.topics_key, model="run1"), seen, NOBODY)["seen"]

    assert (seen.topic_model, chosen.topic_model) == (ISRA, "run1")
    assert wiring.choose_topics(event(key=seen.topics_key, model="ba3us"), seen, NOBODY) == gr.skip()
    sketch = {"kind": "row", "task": NAME, "row": 5}
    shown = look(wiring, sketch, chosen)
    assert shown["topics"]["key"] == f"{shown['seen'].key}-run1"
    assert shown["topics"]["models"] == {"run1": "BA3US + ISRA (run1)", ISRA: "BA3US + ISRA (ba3us-isra)"}


def test_a_pinned_image_stands_beside_the_next_changes_places_with_it_and_goes(wiring: Wiring, seen: Seen) -> None:
    kept = wiring.pin(event(key=seen.key, keep=True), seen, NOBODY)["seen"]
    shown = look(wiring, {"kind": "row", "task": NAME, "row": 5}, kept)
    beside = shown["bus"]["compare"]
    assert (beside["pinned"]["key"], beside["now"]["place"]) == (seen.key, {"row": 5, "of": NAME})
    assert [side["key"] for side in beside["where"]] == [seen.key, shown["seen"].key]
    swapped = wiring.swap(shown["seen"], NOBODY)["bus"]["compare"]
    assert (swapped["now"], swapped["pinned"]) == (beside["pinned"], beside["now"])
    assert wiring.pin(event(keep=False), shown["seen"], NOBODY)["bus"]["compare"]["pinned"] is None


def test_an_image_that_was_shown_until_another_came_can_still_be_pinned(wiring: Wiring, seen: Seen) -> None:
    shown = look(wiring, {"kind": "row", "task": NAME, "row": 5}, seen)["seen"]
    beside = wiring.pin(event(key=seen.key, keep=True), shown, NOBODY)["bus"]["compare"]
    assert (beside["pinned"]["key"], beside["now"]["key"]) == (seen.key, shown.key)
    with pytest.raises(gr.Error, match=FORGOTTEN):
        wiring.pin(event(key="long ago", keep=True), shown, NOBODY)


def test_a_pinned_image_is_looked_at_by_the_models_of_another_task(wiring: Wiring, seen: Seen) -> None:
    elsewhere = replace(seen, task="another", pinned=replace(seen, task="another", place={"example": 0}))
    pinned = look(wiring, {"kind": "example", "index": 0}, elsewhere)["seen"].pinned
    assert (pinned.task, pinned.image, pinned.place) == (NAME, seen.image, {"example": 0})


def test_an_address_brings_both_images(wiring: Wiring) -> None:
    request = cast(gr.Request, SimpleNamespace(client=None, query_params={"with": f"row.5.{NAME}"}))
    beside = wiring.follow_link(request)["bus"]["compare"]
    assert (beside["now"]["place"], beside["pinned"]["place"]) == ({"example": 0}, {"row": 5, "of": NAME})


def test_an_answer_of_the_map_says_what_it_answers(wiring: Wiring) -> None:
    answer = wiring.restyle(event(task=NAME, map="tsne", colour="topic", topic=1), NOBODY)
    assert answer["map"]["of"] == {"task": NAME, "map": "tsne", "colour": "topic", "topic": 1, "against": ""}
    assert wiring.frames(event(task=NAME, map="umap"), NOBODY)["map"]["of"] == {"task": NAME, "map": "umap"}


def test_whatever_costs_time_is_counted(studio: Studio, seen: Seen) -> None:
    wiring = Wiring(bare_page(), Actions(studio, TokenBuckets(Rate(burst=0))), seen)
    other = Seen("key", NAME, seen.image, seen.views)
    for ask in (
        lambda: wiring.measure(other, SOMEBODY),
        lambda: wiring.restyle(event(task=NAME), SOMEBODY),
        lambda: wiring.frames(event(task=NAME), SOMEBODY),
        lambda: wiring.look_at_asked({}, None, None, NAME, None, SOMEBODY),
    ):
        with pytest.raises(gr.Error, match=TOO_MANY):
            ask()


def test_many_files_cost_what_is_looked_at_and_the_table_says_so(
    studio: Studio, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "uploaded_path", lambda file: file["path"])
    wiring = Wiring(bare_page(), Actions(studio, TokenBuckets(Rate(burst=MAX_FILES, per_second=0))), seen)
    progress = cast(gr.Progress, SimpleNamespace(tqdm=lambda rows, desc: rows))
    table = wiring.look_files([{"path": f"/{n}.png"} for n in range(41)], NAME, SOMEBODY, progress)
    assert len(table["value"]["rows"]) == MAX_FILES
    assert table["value"]["note"] == "The first 16 of 41 images."
    assert wiring.look_files([], NAME, SOMEBODY)["visible"] is False
