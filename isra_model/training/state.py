"""The training state on disk: all that a killed run needs to go on to the same result."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from isra_model.files import write_tensors
from isra_model.methods import method_class
from isra_model.networks import Response
from isra_model.training.config import TrainConfig, config_from_dict

STATE = "state.safetensors"
CONTENDERS = "contenders"
SNAPSHOTS = "snapshots"


@dataclass
class Progress:
    """What changes while a run goes on, apart from weights and optimisers.

    Attributes
    ----------
    step : int
        The next step to take.
    class_weight : Tensor
        See `isra_model.methods.State`.
    target : Response | None
        See `isra_model.methods.State`.
    evaluations : list[dict[str, Any]]
        One record an evaluation, oldest first.
    seconds : float
        Wall-clock time until the last save.
    commits : list[str]
        Commits of the code that ran, the first first; more than one where a resumed run went on with other code.
    images : str
        Digest of the images, see `TrainingData.digest`.
    average : dict[str, Tensor]
        The moving average of the weights by name, see `isra_model.training.averaging`; empty without one.
    """

    step: int
    class_weight: Tensor
    target: Response | None = None
    evaluations: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    commits: list[str] = field(default_factory=list)
    images: str = ""
    average: dict[str, Tensor] = field(default_factory=dict)


def save_state(
    folder: Path, trainee: nn.Module, optimisers: list[torch.optim.Optimizer], progress: Progress, config: TrainConfig
) -> None:
    """Write the training state as one safetensors file, atomically."""
    tensors = {f"trainee.{name}": value for name, value in trainee.state_dict().items()}
    for index, optimiser in enumerate(optimisers):
        for parameter, values in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{parameter}.{name}": value for name, value in values.items()}
    tensors |= {f"average.{name}": value for name, value in progress.average.items()}
    tensors["progress.class_weight"] = progress.class_weight
    if progress.target:
        tensors |= {"progress.features": progress.target.features, "progress.logits": progress.target.logits}
    metadata = {
        "step": str(progress.step),
        "evaluations": json.dumps(progress.evaluations),
        "seconds": str(progress.seconds),
        "commits": json.dumps(progress.commits),
        "images": progress.images,
        "config": json.dumps(config.as_dict()),
    }
    write_tensors(folder / STATE, tensors, metadata)


def load_state(
    folder: Path, trainee: nn.Module, optimisers: list[torch.optim.Optimizer], config: TrainConfig, images: str
) -> Progress | None:
    """Restore what `save_state` wrote; None if the folder holds no state. ``images`` is the digest of this run's.

    Raises
    ------
    ValueError
        If the state is damaged, or belongs to a run with another configuration or on other images.
    """
    path = folder / STATE
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(
            f"{STATE} in {folder} is damaged: remove it, and training starts from the first step."
        ) from error
    _require_same(metadata.get("config", "{}"), config, folder)
    if not images.startswith(metadata.get("images", "")):
        raise ValueError(f"{folder} holds a run on other images; choose another folder, or the same images.")
    trainee.load_state_dict(_under(tensors, "trainee."))
    for index, optimiser in enumerate(optimisers):
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _under(tensors, f"optimiser.{index}.").items():
            parameter, key = name.split(".", 1)
            state.setdefault(int(parameter), {})[key] = value
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
        _lay_out_as_parameters(optimiser)
    return Progress(
        step=int(metadata["step"]),
        class_weight=tensors["progress.class_weight"],
        target=Response(tensors["progress.features"], tensors["progress.logits"])
        if "progress.features" in tensors
        else None,
        evaluations=json.loads(metadata["evaluations"]),
        seconds=float(metadata["seconds"]),
        commits=json.loads(metadata.get("commits", "[]")),
        images=metadata.get("images", ""),
        average=_under(tensors, "average."),
    )


def forget(folder: Path) -> None:
    """Remove what an earlier run in ``folder`` left to go on from: a new one shall not be taken for it."""
    for file in (folder / STATE, *(folder / CONTENDERS).glob("*"), *(folder / SNAPSHOTS).glob("*")):
        file.unlink(missing_ok=True)


def _require_same(saved: str, config: TrainConfig, folder: Path) -> None:
    """Refuse to go on with other settings; what is left out of either takes its default."""
    try:
        theirs, ours = _values(config_from_dict(json.loads(saved))), _values(config)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{folder} holds a run of another version; choose another folder.") from error
    differing = ", ".join(sorted(name for name in {*theirs, *ours} if theirs.get(name) != ours.get(name)))
    if differing:
        raise ValueError(f"{folder} holds a run with other settings ({differing}); choose another folder, or the same.")


def _values(config: TrainConfig) -> dict[str, Any]:
    settings = asdict(method_class(config.method).settings_type(**config.settings))
    return {
        f"{name}.{part}" if part else name: setting
        for name, value in (config.as_dict() | {"settings": settings}).items()
        for part, setting in (value.items() if isinstance(value, dict) else [("", value)])
    }


def _lay_out_as_parameters(optimiser: torch.optim.Optimizer) -> None:
    """Give each tensor of the state its parameter's strides, which files do not keep and fused optimisers count on."""
    for parameter, values in optimiser.state.items():
        for name, value in values.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                values[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def contender(folder: Path, evaluation: dict[str, Any]) -> Path:
    """Return the file of the weights at an evaluation that may still be selected."""
    return folder / CONTENDERS / f"step-{evaluation['evaluated_step']:06d}.safetensors"


def drop_contenders(folder: Path, kept: list[dict[str, Any]]) -> None:
    """Remove the weights of all evaluations but those ``kept``.

    Only after a save: a run killed before it evaluates anew, and may need what this evaluation had beaten.
    """
    files = {contender(folder, evaluation) for evaluation in kept}
    for file in set((folder / CONTENDERS).glob("*.safetensors")) - files:
        file.unlink()


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
