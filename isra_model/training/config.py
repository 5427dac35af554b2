"""The whole configuration of a training run, and presets for the benchmarks."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from isra_model.data.transforms import Preprocessing
from isra_model.methods import IsraConfig, method_class
from isra_model.networks import NetworkConfig

Selection = Literal["target-entropy", "neighbourhood-density", "information-maximisation", "last"]
LITE_PREPROCESSING = Preprocessing(resize=104, crop=96, mean=(127 / 255,) * 3, std=(128 / 255,) * 3)


@dataclass(frozen=True)
class Optimisation:
    """Nesterov SGD with ``lr = lr0 (1 + 0.001 i)^-0.75``; layers that are not the backbone's learn 10 times as fast.

    Attributes
    ----------
    rate : lr0, of the backbone.
    steps : T.
    batch_size : B, source images a step, and as many target images.
    weight_decay : of every parameter.
    precision : "fp32", or "bf16" for autocast in the network.
    """

    rate: float = 1e-3
    steps: int = 1000
    batch_size: int = 36
    weight_decay: float = 1e-3
    precision: Literal["fp32", "bf16"] = "fp32"


@dataclass(frozen=True)
class TrainConfig:
    """One training run; saved in its checkpoint.

    Attributes
    ----------
    benchmark, source, target : the task.
    method : a name in `isra_model.methods`.
    settings : the method's own choices, by name.
    isra : the plug-in's choices, or none for the bare method.
    seed : makes the whole run.
    selection : the label-free score that picks the checkpoint among the evaluations.
    evaluations : how often, evenly spread, the target is evaluated and the class weight measured.
    save_every : steps between saved training states.
    snapshots : keep the network of every evaluation, so that the app can play the training.
    """

    benchmark: str
    source: str
    target: str
    method: str
    isra: IsraConfig | None = None
    settings: dict[str, float] = field(default_factory=dict)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    preprocessing: Preprocessing = LITE_PREPROCESSING
    optimisation: Optimisation = field(default_factory=Optimisation)
    seed: int = 0
    selection: Selection = "target-entropy"
    evaluations: int = 10
    save_every: int = 100
    snapshots: bool = False

    @property
    def model_name(self) -> str:
        """Return the model's folder name, e.g. ``ba3us-isra``."""
        return f"{self.method}-isra" if self.isra else self.method

    @property
    def network_config(self) -> NetworkConfig:
        """Return the network with the form that the method's paper fixes."""
        return replace(self.network, **method_class(self.method).network_form)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def config_from_dict(values: dict[str, Any]) -> TrainConfig:
    """Return the configuration that `TrainConfig.as_dict` wrote.

    What it lacks, as an older version's does, takes its default.

    Raises
    ------
    TypeError
        If a name is unknown, as in a configuration of a newer version.
    """
    preprocessing = values["preprocessing"]
    channels = {name: tuple(preprocessing[name]) for name in ("mean", "std")}
    parts = {
        "isra": IsraConfig(**values["isra"]) if values["isra"] else None,
        "network": NetworkConfig(**values["network"]),
        "preprocessing": Preprocessing(**(preprocessing | channels)),
        "optimisation": Optimisation(**values["optimisation"]),
    }
    return TrainConfig(**(values | parts))


@dataclass(frozen=True)
class Preset:
    """What a benchmark fixes for every method, so that methods are compared alike.

    Attributes
    ----------
    isra : the plug-in's choices where it is used.
    settings : choices by method.
    """

    network: NetworkConfig
    preprocessing: Preprocessing
    optimisation: Optimisation
    isra: IsraConfig
    settings: dict[str, dict[str, float]] = field(default_factory=dict)


RESNET50 = NetworkConfig(backbone="resnet50", bottleneck=256)
PRESETS = {
    "office-icons": Preset(
        NetworkConfig(),
        LITE_PREPROCESSING,
        Optimisation(steps=600),
        IsraConfig(topics=64, class2vec_gradient="detached"),
    ),
    "office-home": Preset(
        replace(RESNET50, bottleneck=512),
        Preprocessing(),
        Optimisation(rate=1e-3, steps=8_000),
        IsraConfig(topics=256),
    ),
    "office-31": Preset(
        RESNET50,
        Preprocessing(),
        Optimisation(rate=1e-4, steps=4_000),
        IsraConfig(topics=64, alpha=0.1, beta=0.5),
        {"ba3us": {"complement_weight": 5.0}},
    ),
    "imagenet-caltech": Preset(
        RESNET50,
        Preprocessing(),
        Optimisation(rate=1e-3, steps=40_000),
        IsraConfig(topics=16),
    ),
}
"""The paper's settings for its benchmarks (section 4.1); ours, chosen without target labels, for Office-Icons."""
