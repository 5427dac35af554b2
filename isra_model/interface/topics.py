"""The tab *Topics in this image*: which topics the adapted model sees, where, and how far to believe it."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from isra_model.interface import payloads
from isra_model.interface.actions import Seen
from isra_model.interface.components import panel
from isra_model.interface.payloads import Payload
from isra_model.interface.snippets import topics_snippet
from isra_model.interface.studio import OpenTask


@dataclass(frozen=True)
class TopicsTab:
    """The components of the tab that events are about."""

    topics: gr.HTML
    share: gr.HTML


def topics_tab(task: OpenTask, seen: Seen, image: str) -> TopicsTab:
    """Lay the tab out, with all topics of the worked example in it."""
    topics = panel("topics", topics_payload(task, seen), ["explain"])
    share = panel("share", topics_share(task, seen, image), elem_id="share-topics")
    return TopicsTab(topics, share)


def topics_payload(task: OpenTask, seen: Seen) -> Payload:
    """Return all topics of the model that was chosen, and which models there are to choose from."""
    return payloads.topics_payload(seen.topics_key, seen.topic_view) | _choice(task, seen)


def strip_payload(task: OpenTask, seen: Seen) -> Payload:
    """Return the same for the strongest topics."""
    return payloads.strip_payload(seen.topics_key, seen.topic_view) | _choice(task, seen)


def topics_share(task: OpenTask, seen: Seen, image: str) -> Payload:
    """Return the Python that says the same as the tab."""
    python = topics_snippet(task.location, seen.topic_model or task.models[-1], image)
    return {"python": python, "printed": ["#panel-topics .isra-topics"]}


def _choice(task: OpenTask, seen: Seen) -> Payload:
    names = task.topics_id(seen.topic_model) if seen.topic_model else None
    return {
        "model": seen.topic_model,
        "names": names,
        "models": {model: task.titles[model] for model in task.topic_models},
    }
