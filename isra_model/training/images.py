"""The images that a run trains on and is measured on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from isra_model.data.benchmark import UNKNOWN, BenchmarkError, Task
from isra_model.data.several import source_counts
from isra_model.data.streams import IN_MEMORY, Images, open_images
from isra_model.data.transforms import Preprocessing


@dataclass(frozen=True)
class TrainingData:
    """The images of a task.

    Attributes
    ----------
    source : Images
        Those that train with their labels.
    target : Images
        Those that are adapted to.
    heldout : Images
        The target's that no training sees; the target's own where it keeps none back.
    source_domains : Mapping[str, int]
        The source's images by domain, where it has several.
    source_heldout : Images | None
        The source's that no training sees, if it keeps some back.
    """

    source: Images
    target: Images
    heldout: Images
    source_domains: Mapping[str, int] = field(default_factory=dict)
    source_heldout: Images | None = None

    @property
    def skipped(self) -> tuple[str, ...]:
        """Return one line an image that could not be read."""
        return self.source.skipped + self.target.skipped + self.heldout.skipped

    @property
    def incomplete(self) -> tuple[str, ...]:
        """Return the images that lack their last bytes."""
        found = self.source.incomplete + self.target.incomplete + self.heldout.incomplete
        return tuple(dict.fromkeys(found))

    @property
    def labelled(self) -> bool:
        """Return whether the target has labels, so that accuracies can be measured."""
        return bool((self.target.labels != UNKNOWN).any())

    @property
    def digest(self) -> str:
        """Return what tells the images of one run from another's: digests of their names and of the source's labels."""
        names = [images.keys for images in (self.source, self.target, self.heldout)]
        parts = (names, self.source.labels.tolist())
        return "".join(hashlib.sha256(json.dumps(part).encode()).hexdigest() for part in parts)


def decode_task(task: Task, preprocessing: Preprocessing, memory: int = IN_MEMORY) -> TrainingData:
    """Decode a task's images, framed and resized; without a held-out split the target stands for it.

    A set that would take more than ``memory`` bytes is decoded as it is needed.

    Raises
    ------
    BenchmarkError
        If no image of a domain, or of a class of the source, can be read.
    """
    target, heldout = open_images(task.target_images(), preprocessing, memory), task.target_images(heldout=True)
    source = open_images(task.source_images(), preprocessing, memory)
    _require_readable(source, task)
    kept_back = open_images(heldout, preprocessing, memory) if len(heldout) else target
    source_kept = task.source_images(heldout=True)
    source_heldout = open_images(source_kept, preprocessing, memory) if len(source_kept) else None
    return TrainingData(source, target, kept_back, source_counts(task), source_heldout)


def _require_readable(source: Images, task: Task) -> None:
    classes = task.benchmark.classes
    missing = sorted(set(range(len(classes))).difference(source.labels.tolist()))
    if missing and source.skipped:
        raise BenchmarkError(
            f"No image of class '{classes[missing[0]]}' of '{task.source}' can be read, e.g. {source.skipped[0]}"
        )
