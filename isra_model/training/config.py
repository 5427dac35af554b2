"""The whole configuration of a training run, and presets for the benchmarks."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from isra_model.data.augmentation import Augmentation
from isra_model.data.transforms import Preprocessing
from isra_model.methods import IsraConfig, method_class
from isra_model.networks import NetworkConfig
from isra_model.training.naming import model_name

Selection = Literal["target-entropy", "neighbourhood-density", "information-maximisation", "agreement", "last"]
SourceSampling = Literal["images", "classes"]
LITE_PREPROCESSING = Preprocessing(resize=104, crop=96, mean=(127 / 255,) * 3, std=(128 / 255,) * 3)


@dataclass(frozen=True)
class Optimisation:
    """Nesterov SGD with ``lr = lr0 (1 + 0.001 i)^-0.75``; layers that are not the backbone's learn 10 times as fast.

    Attributes
    ----------
    rate : float
        lr0, of the backbone.
    steps : int
        T.
    batch_size : int
        B, source images a step, and as many target images.
    weight_decay : float
        Decay of every parameter.
    precision : Literal["fp32", "bf16"]
        "fp32", or "bf16" for autocast in the backbone.
    compile : bool
        The backbone with `torch.compile`; it pays on a GPU, on a CPU its minutes hardly come back.
    accumulation : int
        Parts in which each stream's images pass the backbone, for less memory and one more forward pass. The loss and
        its gradient are those of the whole batch; only the backbone's batch statistics are of a part. SLM's mixtures,
        which its loss makes, pass whole and in full precision.
    activation_checkpointing : bool
        Compute the backbone's activations again in the backward pass instead of keeping them.
    sync_batch_norm : bool
        The backbone's batch statistics over the images of all processes, on GPUs; else each process has its own.
    average : float
        Decay of a moving average of all weights, e.g. 0.999, which is evaluated, selected and saved in their place; 0
        is none.
    """

    rate: float = 1e-3
    steps: int = 1000
    batch_size: int = 36
    weight_decay: float = 1e-3
    precision: Literal["fp32", "bf16"] = "fp32"
    compile: bool = False
    accumulation: int = 1
    activation_checkpointing: bool = False
    sync_batch_norm: bool = False
    average: float = 0.0


@dataclass(frozen=True)
class TrainConfig:
    """One training run; saved in its checkpoint.

    Attributes
    ----------
    benchmark : str
        A published benchmark; office-icons, which ships; tree (folders <data>/<domain>/<class>/); lists ('path label'
        lines); or two joined by + (docs/benchmarks.md).
    source : str
        The labelled domain, or several joined by +, such as solid+colour; for image lists, the list's file.
    target : str
        The unlabelled domain; source = target trains with labels, the in-domain ceiling.
    heldout : str | None
        A domain of the target's benchmark whose images are never trained on: its held-out split.
    method : str
        The method's name.
    settings : dict[str, float]
        The method's own choices, by name.
    isra : IsraConfig | None
        The plug-in's choices, or none for the bare method.
    seed : int
        Makes the whole run.
    selection : Selection
        What picks the checkpoint among the evaluations: a label-free score, the agreement of all, or "last".
    evaluations : int
        How often, evenly spread, the target is evaluated and what methods know of it, such as the class weight, is
        measured anew: it changes the run.
    save_every : int
        Steps between saved training states.
    augmentation : Augmentation
        Augmentation of all training images: "none", "weak" (a crop, one in two mirrored) or "strong" (other sizes,
        poses, strokes and colours too).
    source_sampling : SourceSampling
        What is drawn equally often from the source: "images", or "classes", so that a rare one is no less expected.
    snapshots : bool
        Keep the network of every evaluation, so that the app can play the training.
    init : str | None
        What the network, and class2vec and receptors where it has them, start from: a model's folder, or
        owner/name[/model][@revision] on the Hub, recorded with its commit.
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
    augmentation: Augmentation = "weak"
    source_sampling: SourceSampling = "images"
    snapshots: bool = False
    init: str | None = None
    heldout: str | None = None

    @property
    def model_name(self) -> str:
        """Return the model's folder name, e.g. ``ba3us-isra``."""
        return model_name(self.method, isra=self.isra is not None)

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


FORMS: dict[str, dict[str, Any]] = {
    "paper": {
        "class2vec_gradient": "joint",
        "class2vec_reduction": "samples",
        "attention": "input-gradient",
        "normalise": "row",
        "pool": "sum",
        "receptor_pool": "sum",
    },
    "released": {
        "class2vec_gradient": "joint",
        "class2vec_reduction": "values",
        "attention": "loss-gradient",
        "normalise": "batch",
        "pool": "mean",
        "receptor_pool": "mean",
    },
    "ours": {
        "class2vec_gradient": "detached",
        "class2vec_reduction": "samples",
        "attention": "input-gradient",
        "normalise": "batch",
        "pool": "mean",
        "receptor_pool": "sum",
    },
}
"""Where ISRA's equations as printed, its authors' program and the presets here differ; see `IsraConfig`.

The paper does not say along which axis it normalises; by row is the nearest reading. In every form class2vec's decoder
is linear (the released one ends in a ReLU), and class2vec and receptors have an Adam to themselves.
"""


def in_form(isra: IsraConfig, form: str) -> IsraConfig:
    """Return ISRA's choices in one of the `FORMS`.

    Raises
    ------
    ValueError
        If there is no such form.
    """
    if form not in FORMS:
        raise ValueError(f"ISRA has no form '{form}'; choose one of {', '.join(FORMS)}.")
    return replace(isra, **FORMS[form])


@dataclass(frozen=True)
class Preset:
    """What a benchmark fixes for every method, so that methods are compared alike.

    Attributes
    ----------
    benchmark : str
        Its name.
    isra : IsraConfig
        The plug-in's choices where it is used.
    settings : dict[str, dict[str, float]]
        Choices by method.
    """

    benchmark: str
    network: NetworkConfig
    preprocessing: Preprocessing
    optimisation: Optimisation
    isra: IsraConfig
    settings: dict[str, dict[str, float]] = field(default_factory=dict)


RESNET50 = NetworkConfig(backbone="resnet50.tv_in1k", bottleneck=256)
"""With torchvision's first ImageNet weights, as every paper of the field; timm's own default are stronger ones."""


def _resnet50(
    benchmark: str, steps: int, isra: IsraConfig, *, features: int = 256, rate: float = 1e-3, complement: float = 1.0
) -> Preset:
    return Preset(
        benchmark,
        replace(RESNET50, bottleneck=features),
        Preprocessing(),
        Optimisation(rate=rate, steps=steps),
        in_form(isra, "ours"),
        {"ba3us": {"complement_weight": complement}},
    )


OFFICE_31_ISRA = IsraConfig(topics=64, alpha=0.1, beta=0.5)
PRESETS = {
    "office-icons": Preset(
        "office-icons",
        NetworkConfig(),
        LITE_PREPROCESSING,
        Optimisation(steps=600),
        in_form(IsraConfig(), "ours"),
        {"shot": {"least_predictions": 4}},
    ),
    "office-home": _resnet50("office-home", 8_000, IsraConfig(topics=256), features=512),
    "office-home-ba3us": _resnet50("office-home", 5_000, IsraConfig(topics=256)),
    "office-31": _resnet50("office-31", 4_000, OFFICE_31_ISRA, rate=1e-4, complement=5.0),
    "office-31-ba3us": _resnet50("office-31", 2_000, OFFICE_31_ISRA, rate=1e-4, complement=5.0),
    "imagenet-caltech": _resnet50("imagenet-caltech", 40_000, IsraConfig(topics=16)),
    "caltech-imagenet": _resnet50("imagenet-caltech", 40_000, IsraConfig(topics=16), features=2048),
    "visda-2017": _resnet50("visda-2017", 10_000, IsraConfig()),
    "domainnet-126": _resnet50("domainnet-126", 20_000, IsraConfig()),
}
"""Settings by benchmark; the same for every method, so that a comparison is fair.

* Office-Home, Office-31 and ImageNet-Caltech: those of the paper's BA3US + ISRA (section 4.1), d from the released
  program. The paper's BA3US rows come from BA3US's own, smaller settings: presets that end in ``-ba3us``.
* ImageNet-Caltech has 64 topics in the released program; from Caltech to ImageNet it has d = 2048: `caltech-imagenet`.
* VisDA-2017 and DomainNet-126, which the paper does not have: steps, rate, batch and d with which Salvador et al. (TMLR
  2023, oberman-lab/BenchmarkPDA) train BA3US; on DomainNet Gu et al. (NeurIPS 2021) take 20,000 steps too. The number
  of topics is ours.
* Office-Icons: ours, chosen without target labels. SHOT's least number of predictions, 10 on Office-Home with 26 target
  images a source class, shrinks with them: 9 here, so 4.
"""


def preset_for(benchmark: str | None, name: str | None = None) -> Preset:
    """Return the preset called ``name``, or else the benchmark's own, or else that of Office-Icons.

    Raises
    ------
    ValueError
        If there is no such preset.
    """
    name = name or (benchmark if benchmark in PRESETS else "office-icons")
    if name not in PRESETS:
        raise ValueError(f"There is no preset '{name}'; choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]
