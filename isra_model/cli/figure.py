"""``python -m isra_model figure``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from isra_model.benchmarking.recorded import Archive
from isra_model.checkpoints.folders import is_model
from isra_model.cli.arguments import UsageError
from isra_model.cli.paths import CHECKPOINTS, ROOT

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from isra_model.figures.paper import Subject


@dataclass(frozen=True)
class PaperFigure:
    """Draw one of the paper's figures 3 to 6 from your models, as SVG and PNG at print size.

    3: weights and topics of a mini-batch, t-SNE maps, class weights. 4: class similarity, and table 3's accuracies by
    class. 5: confusing annotations. 6: sensitivity, from the runs that 'study sensitivity' recorded.

    Attributes
    ----------
    number : tyro.conf.Positional[Literal[3, 4, 5, 6]]
        Which figure.
    checkpoint : tyro.conf.Positional[Path]
        A task's folder, or a model's; of no use to figure 6.
    model : str | None
        Which model of a task's folder it is about; the last, which has ISRA if one has, if left out.
    batch : int
        Which mini-batch figure 3 shows, from 1.
    output : Path
        The folder to write figure-N.svg and figure-N.png into.
    width : float
        Width on paper in millimetres.
    dpi : int
        Dots an inch of the PNG.
    font : float
        Size of the text in points.
    """

    number: tyro.conf.Positional[Literal[3, 4, 5, 6]]
    checkpoint: tyro.conf.Positional[Path] = CHECKPOINTS / "office-icons-solid-to-line"
    model: str | None = None
    batch: int = 1
    output: Path = Path("figures")
    width: float = 180.0
    dpi: int = 300
    font: float = 6.0

    def run(self) -> None:
        """Draw the figure and write both files."""
        from isra_model.figures.paper import HEIGHTS
        from isra_model.figures.printing import PrintSize, print_figure

        size = PrintSize(self.width, round(self.width * HEIGHTS[self.number], 1), self.dpi, self.font)
        for file in print_figure(self._figure(), self.output / f"figure-{self.number}", size):
            print(f"wrote {file}")

    def _figure(self) -> Figure:
        from isra_model.figures import paper
        from isra_model.figures.studies import sensitivity_figure

        match self.number:
            case 3:
                return self._weights()
            case 4:
                return paper.similarity_figure(self._subject())
            case 5:
                return paper.doubts_figure(self._subject())
        study = Archive(ROOT / "results").read().studies.get("sensitivity")
        if study is None:
            raise UsageError("No sensitivity study is recorded: run `python -m isra_model study sensitivity`.")
        return sensitivity_figure(study.outcomes)

    def _weights(self) -> Figure:
        from isra_model.figures.paper import weights_figure
        from isra_model.inspection.weights import batches
        from isra_model.training.log import read_class_weights

        subject = self._subject()
        count = len(batches(subject.gallery))
        if not 1 <= self.batch <= count:
            raise UsageError(f"`batch` is from 1 to {count} here.")
        folder = self.checkpoint if is_model(self.checkpoint) else self.checkpoint / subject.model
        return weights_figure(subject, self.batch - 1, read_class_weights(folder))

    def _subject(self) -> Subject:
        """Return the models of the folder; for a model's folder, that model alone."""
        from isra_model.figures.paper import Subject
        from isra_model.inspection import read_inspectors

        inspectors = read_inspectors(self.checkpoint)
        model = self.model or list(inspectors)[-1]
        if model not in inspectors:
            raise UsageError(f"`model` is one of {', '.join(inspectors)}.")
        gallery = inspectors[model].gallery
        if gallery is None:
            raise UsageError(f"It has no gallery: make one with `python -m isra_model gallery {self.checkpoint}`.")
        titles = {name: inspector.checkpoint.title for name, inspector in inspectors.items()}
        return Subject(gallery, titles, model)
