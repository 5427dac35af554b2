"""What a method is: the parts it adds to the network, and the terms of its loss."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import Tensor, nn

from isra_model.networks import PdaNetwork, Response
from isra_model.values import require, require_count, require_fields


@dataclass(frozen=True)
class DomainBatch:
    """The images of one stream in one step, and what the network says of them; no row where a step takes none.

    Attributes
    ----------
    images : Tensor
        (n, 3, h, w), normalised; of several processes this one's alone, unless the method `reads_images`.
    features : Tensor
        (n, d).
    logits : Tensor
        (n, C).
    index : Tensor
        (n,) int64, each image's place in its domain's training set.
    """

    images: Tensor
    features: Tensor
    logits: Tensor
    index: Tensor

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True)
class LabelledBatch(DomainBatch):
    """Source images; the target's labels are out of any method's reach.

    Attributes
    ----------
    labels : Tensor
        (n,) int64.
    """

    labels: Tensor


@dataclass(frozen=True)
class Batch:
    """One step's source, target and middle images; middle are source images that BA3US lends to the target."""

    source: LabelledBatch
    target: DomainBatch
    middle: LabelledBatch


@dataclass(frozen=True)
class Sizes:
    """How many images of each stream a step takes."""

    source: int
    target: int
    middle: int = 0


@dataclass(frozen=True)
class State:
    """What the engine knows at a step.

    Attributes
    ----------
    progress : float
        ``i / T`` in [0, 1).
    class_weight : Tensor
        (C,), sums to 1; mean softmax over the whole target, uniform before it is first measured.
    target : Response | None
        Features (n_t, d) and logits (n_t, C) of the whole target in evaluation mode, in the order of
        `DomainBatch.index`, as measured at the last evaluation, by default every ``T / 10`` steps; None before.
    pretrained : Tensor | None
        (n_t, width), what the pretrained backbone, as it was before any training, sees in the same images; for methods
        that `reads_pretrained` alone.
    """

    progress: float
    class_weight: Tensor
    target: Response | None = None
    pretrained: Tensor | None = None


@dataclass(frozen=True)
class Settings:
    """What a method's paper lets one choose; nothing by default."""


Chosen = TypeVar("Chosen", bound=Settings, covariant=True)


class Method(nn.Module, Generic[Chosen]):
    """One adaptation method: a module of the parts it adds, with the terms of its loss.

    A method's file holds one subclass, and the dataclass of its settings.
    """

    settings_type: ClassVar[type[Settings]] = Settings
    "The dataclass of the method's settings, each with a default."

    network_form: ClassVar[Mapping[str, Any]] = {}
    "Fields of `NetworkConfig` that the method's paper fixes, e.g. the bottleneck's norm."

    balanced_source: ClassVar[bool] = False
    "Whether source batches hold every class equally often, instead of as often as the source does."

    reads_images: ClassVar[bool] = False
    "Whether `losses` reads the images themselves, which several processes then have to send one another."

    reads_pretrained: ClassVar[bool] = False
    "Whether `losses` reads what the pretrained backbone sees in the target, `State.pretrained`."

    def __init__(self, features: int, classes: int, settings: Chosen) -> None:
        """Create the parts for ``features`` (d) bottleneck features and ``classes`` (C) classes."""
        super().__init__()
        self.settings = settings

    def sizes(self, batch_size: int, progress: float) -> Sizes:
        """Return how many images of each stream the step at ``progress`` takes; B of source and target by default."""
        return Sizes(batch_size, batch_size)

    def fixes_backbone(self, progress: float) -> bool:
        """Return whether the step at ``progress`` leaves the backbone as it is, in evaluation mode; no by default."""
        return False

    def losses(self, batch: Batch, network: PdaNetwork, state: State) -> dict[str, Tensor]:
        """Return the terms of the loss by name, already weighted; the engine minimises their sum."""
        raise NotImplementedError

    @torch.no_grad()
    def health(self, batch: Batch) -> dict[str, float]:
        """Return numbers by name that show whether the method's parts are alive; logged, never minimised."""
        return {}


class Plugin(nn.Module, ABC):
    """What is trained beside any method: further terms of the loss, of parts that have an Adam of their own."""

    name: ClassVar[str]
    "Names the plug-in's parts among the tensors of a run, and their file in a trained model's folder."

    @property
    @abstractmethod
    def parts(self) -> nn.Module:
        """Return the parts that a trained model keeps."""

    @property
    @abstractmethod
    def rate(self) -> float:
        """Return the learning rate of the plug-in's Adam."""

    @abstractmethod
    def sizes(self, asked: Sizes, batch_size: int) -> Sizes:
        """Return how many images of each stream a step takes for which the method has ``asked``."""

    @abstractmethod
    def losses(self, batch: Batch, state: State) -> dict[str, Tensor]:
        """Return the terms to add to the method's, already weighted, by names of their own."""

    @abstractmethod
    def health(self, batch: Batch) -> dict[str, float]:
        """Return numbers by name that show whether the parts are alive; logged, never minimised."""


def method_names() -> list[str]:
    """Return the names of all methods: one a file in this folder, plug-ins apart."""
    files = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return sorted(name.replace("_", "-") for name in files if name not in {"base", "isra"})


@cache
def method_class(name: str) -> type[Method[Settings]]:
    """Return the one method in the file called ``name``.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    if name not in method_names():
        raise ValueError(f"There is no method '{name}'; choose one of {', '.join(method_names())}.")
    module = importlib.import_module(f"isra_model.methods.{name.replace('-', '_')}")
    (method,) = (
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Method) and item.__module__ == module.__name__
    )
    return method


def create_settings(name: str, settings: Mapping[str, float]) -> Settings:
    """Return the settings of the method called ``name``, those that are left out at their defaults.

    Raises
    ------
    ValueError
        If there is no such method, it has no such setting, or one is no number.
    """
    require("settings", settings, dict[str, float])
    kind = method_class(name).settings_type
    known = [field.name for field in fields(kind)]
    if unknown := next((each for each in settings if each not in known), None):
        raise ValueError(f"{name} has no setting '{unknown}'; it has {', '.join(known) or 'none'}.")
    created = kind(**settings)
    require_fields(created, "settings.")
    return created


def create_method(name: str, features: int, classes: int, settings: Mapping[str, float]) -> Method[Settings]:
    """Create the method called ``name`` for d ``features`` and C ``classes``.

    Raises
    ------
    ValueError
        If there is no such method, it has no such setting, or a number is none.
    """
    chosen = create_settings(name, settings)
    require_count("features", features)
    require_count("classes", classes)
    return method_class(name)(features, classes, chosen)
