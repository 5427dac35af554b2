"""``python -m isra_model inspect``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import tyro

from isra_model.cli.paths import require_writable
from isra_model.data.decoding import OWN_FILES, open_image
from isra_model.files import write_bytes
from isra_model.training.version import commit


@dataclass(frozen=True)
class Inspect:
    """Print what a model sees in an image, as JSON, or write what all models of a task see as one HTML file.

    Attributes
    ----------
    checkpoint : tyro.conf.Positional[str]
        A model's folder, or a task's folder with 'model'.
    image : Path
        An image file.
    model : str | None
        Which model of a task's folder; the last, which has ISRA if one has, if left out.
    report : Path | None
        An HTML file to write instead: nothing in it is loaded from elsewhere.
    """

    checkpoint: tyro.conf.Positional[str]
    image: Path
    model: str | None = None
    report: Path | None = None

    def run(self) -> None:
        """Print the view as JSON, or write the report."""
        from isra_model.inspection import Inspector
        from isra_model.inspection.serialise import view_as_json

        if self.report:
            require_writable(self.report, "--report")
            self._write_report(self.report)
        else:
            inspector = Inspector.from_pretrained(self.checkpoint, model=self.model)
            print(json.dumps(view_as_json(inspector.look(open_image(self.image, OWN_FILES))), indent=2))

    def _write_report(self, file: Path) -> None:
        from isra_model.figures.report import report_page
        from isra_model.inspection import Inspector, read_inspectors

        if self.model is None and Path(self.checkpoint).is_dir():
            inspectors = read_inspectors(Path(self.checkpoint))
        else:
            inspector = Inspector.from_pretrained(self.checkpoint, model=self.model)
            inspectors = {inspector.checkpoint.name: inspector}
        page = report_page(inspectors, open_image(self.image, OWN_FILES), self.image.name, commit())
        write_bytes(file, page.encode())
        print(f"{file}: {len(page) / 1e6:.1f} MB, complete in itself.")
