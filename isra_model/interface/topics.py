"""The tab *Topics in this image*: which topics the adapted model sees, where, and how far to believe it."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from isra_model.interface import payloads
from isra_model.interface.actions import Seen
from isra_model.interface.components import panel
from isra_model.interface.snippets import topics_snippet
from isra_model.interface.studio import ISRA


@dataclass(frozen=True)
class TopicsTab:
    """The components of the tab that events are about."""

    topics: gr.HTML
    share: gr.HTML


def topics_tab(seen: Seen) -> TopicsTab:
    """Lay the tab out, with all topics of the worked example in it."""
    topics = panel("topics", payloads.topics_payload(seen.key, seen.views.get(ISRA)), ["explain"])
    share = panel("shareTopics", {"python": topics_snippet(seen.task)})
    return TopicsTab(topics, share)
