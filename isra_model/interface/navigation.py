"""The views of the page in their order, and the address that names what the page shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isra_model.interface import adapt, classes, compare, results, weights
from isra_model.interface.explorer import explorer_payload
from isra_model.interface.payloads import Payload
from isra_model.interface.studio import Studio
from isra_model.interface.views import PLACES, View

PREDICT = View("predict", "Predict", "image")
TOPICS = View("topics", "Topics in this image", "image")
EXPLORER = View("explorer", "Topic explorer", "model", payload=explorer_payload)
MAP = View("map", "Map", "model")
SUITED = {"sketch": "drawings", "camera": "photographs"}
"""Where an image comes from, and the target domain whose models were made for such images."""
VIEWS: tuple[View, ...] = (
    *(PREDICT, TOPICS, compare.VIEW, EXPLORER, MAP),
    *(classes.VIEW, weights.VIEW, results.VIEW, adapt.VIEW),
)


def navigation_payload(task: str) -> Payload:
    """Return the places that have views, in order, and the task that the page opens on."""
    views = {place: [{"name": v.name, "title": v.title} for v in VIEWS if v.place == place] for place in PLACES}
    return {
        "task": task,
        "places": [{"name": place, "title": PLACES[place], "views": views[place]} for place in PLACES if views[place]],
    }


def suited_payload(studio: Studio) -> Payload:
    """Return the tasks that were made for what is drawn here and for what the camera sees, where there are any."""
    found = {source: studio.adapted_to(target) for source, target in SUITED.items()}
    return {source: studio.named(name) for source, name in found.items() if name}


def asked_by(address: Mapping[str, str], studio: Studio) -> dict[str, Any] | None:
    """Return what a page's address asks to look at, as its scripts would ask; None if it names nothing that is here.

    Parameters
    ----------
    address : Mapping[str, str]
        The query: ``task``, ``example``, or ``row`` and the task that it is ``of``, whose ``topics`` are shown, and
        what it is compared ``with``.
    studio : Studio
        The tasks and examples that there are.
    """
    task, topics = address.get("task"), address.get("topics")
    chosen = {"checkpoint": task if task in studio.names else None, "topics": topics}
    if compare.named_by(address.get("with"), studio):
        chosen["with"] = address["with"]
    row, of = compare.number_in(address.get("row")), address.get("of", task)
    if row is not None and of in studio.names:
        return chosen | {"kind": "row", "row": row, "task": of}
    example = compare.number_in(address.get("example"))
    if example is not None and example < len(studio.examples):
        return chosen | {"kind": "example", "index": example}
    return chosen | {"kind": "example", "index": 0} if any(chosen.values()) else None
