"""The view *Compare*: a second image beside the first, their guesses, topics and evidence on the same scales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from isra_model.interface import payloads
from isra_model.interface.actions import FORGOTTEN, Actions, Seen, place_of
from isra_model.interface.components import panel
from isra_model.interface.payloads import Payload
from isra_model.interface.predict import examples_payload
from isra_model.interface.snippets import compare_snippet
from isra_model.interface.studio import OpenTask, Studio
from isra_model.interface.views import View


def lay_out(actions: Actions) -> gr.HTML:
    """Lay the view out; what it draws comes over the bus, where the strip in *Predict* hears it too."""
    images = panel("compare/images", {})
    with gr.Row(elem_classes="isra-compare-examples"):
        panel("predict/examples", examples_payload(actions.studio.examples), elem_id="panel-compare-examples")
    panel("compare/charts", {})
    return images


VIEW = View("compare", "Compare", "image", build=lay_out)


def compare_payload(actions: Actions, seen: Seen) -> Payload:
    """Return the image that is looked at and the pinned one, None if there is none, as the same models see them."""
    task, model = actions.task(seen.task), seen.topic_model
    about: Payload = {"title": None, "names": None, "classes": []}
    if model is not None:
        classes = list(task.inspectors[model].checkpoint.classes)
        about = {"title": task.titles[model], "names": task.topics_id(model), "classes": classes}
    about |= {"task": task.name, "now": _side(task, seen, model), "pinned": None}
    if seen.pinned is None:
        return about
    images = actions.image_snippet(seen.pinned), actions.image_snippet(seen)
    return about | {
        "pinned": _side(task, seen.pinned, model),
        "where": [_where(seen.pinned, model), _where(seen, model)],
        "python": compare_snippet(task.location, model or task.models[-1], *images),
        "printed": ["#panel-images .isra-compare-pair", "#panel-charts .isra-compare-charts"],
    }


def named_by(name: object, studio: Studio) -> dict[str, Any] | None:
    """Return what to look at by its name in an address, ``example.2`` or ``row.7.TASK``; None if it names nothing."""
    kind, _, rest = str(name).partition(".")
    digits, _, task = rest.partition(".")
    number = number_in(digits)
    if number is None:
        return None
    if kind == "row" and studio.holds(task):
        return {"kind": "row", "row": number, "task": task}
    if kind == "example" and number < len(studio.examples):
        return {"kind": "example", "index": number}
    return None


def number_in(text: str | None) -> int | None:
    """Return a number that an address names; None if it is none, or too large for any place."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 9 else None


def look_beside(actions: Actions, task: str, told: Mapping[str, Any], kept: Seen | None = None) -> Seen | None:
    """Return what to compare with as the models of a task see it: what the page asks for, or else what was kept."""
    if "with" in told:
        named = named_by(told["with"], actions.studio)
        return _look_at(actions, task, named) if named else None
    if kept is None or kept.task == task:
        return kept
    return replace(actions.look(kept.image, task), place=kept.place)


def pinned(actions: Actions, seen: Seen, key: object) -> Seen:
    """Return what is seen with the image of a key pinned: itself, or the one before it, which the page showed till now.

    Raises
    ------
    gr.Error
        If it is neither.
    """
    kept = next((each for each in (seen, seen.before) if each is not None and each.key == key), None)
    if kept is None:
        raise gr.Error(FORGOTTEN, print_exception=False)
    beside = look_beside(actions, seen.task, {}, replace(kept, pinned=None, before=None))
    return replace(seen, pinned=beside)


def swapped(seen: Seen, other: Seen) -> Seen:
    """Return the pinned image as what is seen, and what was seen as the pinned one."""
    return replace(other, turn=seen.turn, topic_model=seen.topic_model, pinned=replace(seen, pinned=None, before=None))


def _look_at(actions: Actions, task: str, named: Mapping[str, Any]) -> Seen:
    is_row = named["kind"] == "row"
    image = actions.open_row(named["task"], named["row"]) if is_row else actions.open_example(named["index"])
    return replace(actions.look(image, task), place=place_of(named))


def _side(task: OpenTask, seen: Seen, model: str | None) -> Payload:
    card = payloads.image_payload(task, seen.views)
    side = {name: card[name] for name in ("models", "picture")} | {"key": seen.key, "place": dict(seen.place)}
    view = None if model is None else seen.views[model]
    if view is None or view.evidence is None:
        return side | {"values": {}, "evidence": None}
    values = {str(topic.index): round(topic.value, 4) for topic in view.topics if topic.value > 0}
    return side | {"values": values, "evidence": payloads.evidence_payload(view.evidence)}


def _where(seen: Seen, model: str | None) -> Payload:
    return payloads.strip_payload(seen.key, None if model is None else seen.views[model])
