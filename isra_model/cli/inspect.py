"""``python -m isra_model inspect``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import tyro

from isra_model.data.decoding import OWN_FILES, open_image


@dataclass(frozen=True)
class Inspect:
    """Print what a model sees in an image, as JSON.

    Attributes
    ----------
    checkpoint : tyro.conf.Positional[str]
        A model's folder, or a task's folder with 'model'.
    image : Path
        An image file.
    model : str | None
        Which model of a task's folder; the last, which has ISRA if one has, if left out.
    """

    checkpoint: tyro.conf.Positional[str]
    image: Path
    model: str | None = None

    def run(self) -> None:
        """Print the view as JSON."""
        from isra_model.inspection import Inspector
        from isra_model.inspection.serialise import view_as_json

        inspector = Inspector.from_pretrained(self.checkpoint, model=self.model)
        print(json.dumps(view_as_json(inspector.look(open_image(self.image, OWN_FILES))), indent=2))
