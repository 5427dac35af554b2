"""What a view of the page is: where it stands, what it draws, and what it is told when it is first opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from isra_model.interface.actions import Actions
from isra_model.interface.components import panel
from isra_model.interface.payloads import Payload
from isra_model.interface.studio import OpenTask

PLACES = {"image": "Image", "model": "Model", "results": "Results", "adapt": "Adapt your own"}
OPEN = "open"


@dataclass(frozen=True)
class View:
    """One view: a tab of the page with an address of its own.

    Attributes
    ----------
    name : str
        The view in addresses, also the name of its module and of its sheet of styles.
    title : str
        What it is called on the page.
    place : str
        Which of `PLACES` it is in.
    payload : callable
        Returns what its panel draws of a task; asked for when the view is first opened, and again for another task.
        None where the view is of no task and asks by itself.
    build : callable, optional
        Lays the view out and returns its panel, one that announces `OPEN`; by default that panel alone.
    """

    name: str
    title: str
    place: str
    payload: Callable[[OpenTask], Payload] | None = None
    build: Callable[[Actions], gr.HTML] | None = None

    def lay_out(self, actions: Actions) -> gr.HTML:
        """Lay the view out and return its panel, which holds nothing yet."""
        return self.build(actions) if self.build else panel(self.name, None, [OPEN])
