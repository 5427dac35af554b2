"""A task of the visitor's own: both domains are brought, and two models learn it on a frozen backbone's features."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from isra_model.adaptation.adapting import RUN, Listener
from isra_model.adaptation.class_folders import SourceFolders, label_of
from isra_model.adaptation.gallery import Answering, write_job_gallery
from isra_model.adaptation.recipe import YOURS, Recipe, pooled_features, read_images
from isra_model.adaptation.result import TASK, compared, measured, told_of_accuracy, write_result
from isra_model.benchmarking.grid import FEATURES, Model, run_config
from isra_model.checkpoints import read_checkpoint, write_checkpoint
from isra_model.checkpoints.card import IMAGES
from isra_model.data.benchmark import UNKNOWN, Benchmark, Task
from isra_model.data.streams import DecodedImages
from isra_model.files import write_bytes, write_json
from isra_model.inspection.gallery_building import GallerySettings
from isra_model.methods import receptor_r2
from isra_model.networks import PdaNetwork
from isra_model.training.config import PRESETS, TrainConfig
from isra_model.training.engine import train
from isra_model.training.images import TrainingData
from isra_model.training.naming import model_title
from isra_model.training.trainee import Trainee

YOUR_SOURCE = "your source"
PRESET = PRESETS["office-icons"]
MODELS = (Model("source-only"), Model("ba3us", isra=True))
OWN_RECIPE = Recipe(statistics="kept", rate=FEATURES.rate, steps=150)
"""How both models are trained, on features as they are.

Of rates 1e-4, 3e-4 and 1e-3 and of 60 and 150 steps, those after which BA3US's predictions have the most information
maximisation, on five tasks of 99 to 200 images a domain (Office-Caltech-10, drawings, icons), seeds 0 and 1. No label
chose.
"""
STEP_COST, MAPS_COST = 4, 600
"""How many images cost the backbone as much time as a step with ISRA, and as all maps."""
LEAST_SHARE, LEAST_SPREAD = 0.3, 0.01
"""What is added in quadrature to each feature's deviation: a share of the median one, but at least so much.

Else a feature that hardly varies in these images would outweigh all others in the next one.
"""
COMMAND = """# FOLDER holds 'your-source' with a folder of images a class, and 'your-images' with images.
# All layers are trained; a GPU takes minutes, a CPU hours.
python -m isra_model train --benchmark tree --data FOLDER --source your-source --target your-images --isra --output full
"""


@dataclass(frozen=True)
class Standard:
    """The mean and the deviation (width,) of a domain's features, by which they are standardised as by batch norm."""

    mean: Tensor
    deviation: Tensor

    @classmethod
    def of(cls, features: Tensor) -> Standard:
        """Measure features (n, width)."""
        deviation, mean = torch.std_mean(features, dim=0, correction=0)
        least = max(LEAST_SHARE * float(deviation.median()), LEAST_SPREAD)
        return cls(mean, (deviation.square() + least**2).sqrt())

    def apply(self, features: Tensor) -> Tensor:
        """Return features (n, width) as the head is trained on them."""
        return (features - self.mean) / self.deviation

    def into(self, network: PdaNetwork) -> None:
        """Let a network's bottleneck, which was trained on standardised features, take them as they are."""
        weight, bias = network.bottleneck.weight.data, network.bottleneck.bias.data
        weight.div_(self.deviation)
        bias.sub_(weight @ self.mean)


@dataclass(frozen=True)
class OwnTask:
    """Two domains of a visitor's own.

    Attributes
    ----------
    classes : tuple[str, ...]
        Those of the source's folders.
    source : DecodedImages
        The images in class folders.
    target : DecodedImages
        The images to adapt to; labels are of folders called as a class, and are used for accuracies only.
    """

    classes: tuple[str, ...]
    source: DecodedImages
    target: DecodedImages

    @classmethod
    def read(cls, folder: Path, source: Sequence[str], target: Sequence[str]) -> OwnTask:
        """Read the images of a job's ``folder``, which were brought under these paths."""
        found, preprocessing = SourceFolders.of(source), PRESET.preprocessing
        images = read_images(folder / "source", source, found.labels, preprocessing)
        known = (images.labels != UNKNOWN).nonzero().flatten()
        keys = tuple(images.keys[place] for place in known)
        labelled = replace(images, pixels=images.pixels[known], labels=images.labels[known], keys=keys)
        labels = [label_of(key, found.classes) for key in target]
        return cls(found.classes, labelled, read_images(folder / "target", target, labels, preprocessing))

    def cost(self, recipe: Recipe) -> int:
        """Return what its training costs, in images that the backbone looks at."""
        return len(self.source) + len(self.target) + STEP_COST * recipe.steps + MAPS_COST

    @property
    def task(self) -> Task:
        """Return the task without images."""
        return Task(Benchmark("tree", self.classes, {}), YOUR_SOURCE, YOURS, ())

    def train(self, recipe: Recipe, folder: Path, progress: Listener, settings: GallerySettings | None = None) -> None:
        """Train source-only and BA3US + ISRA as long as ``recipe`` says, and write the result into ``folder``."""
        settings = settings or GallerySettings()
        progress.begin("Looking at your images")
        backbone = PdaNetwork(PRESET.network, len(self.classes), pretrained=True).eval()
        source, target = (
            pooled_features(backbone, images, PRESET.preprocessing, progress) for images in (self.source, self.target)
        )
        of_source, of_target = Standard.of(source), Standard.of(target)
        data = self._data(of_source.apply(source), of_target.apply(target))
        for model in MODELS:
            progress.begin(f"Training {_title(model)} on the features")
            config = self._config(model, recipe)
            trainee = train(config, self.task, folder / RUN / ("" if model.isra else model.name), data=data).trainee
            self._write_model(folder / TASK / model.name, config, trainee, backbone, of_target)
        write_bytes(folder / TASK / IMAGES, b"Source and target are images that you brought.\n")
        progress.begin("Preparing the other views")
        beside = of_source.apply(source) * of_target.deviation + of_target.mean
        answering = tuple(Answering(read_checkpoint(folder / TASK / model.name), target, beside) for model in MODELS)
        shares = MAPS_COST // (len(settings.fitters) * len(MODELS))
        domains = self.source, self.target
        write_job_gallery(folder / TASK, self.task, domains, answering, settings, lambda _: progress(shares))
        self._write_result(folder, recipe, answering)

    def _data(self, source: Tensor, target: Tensor) -> TrainingData:
        unlabelled = replace(
            self.target, pixels=target[:, :, None, None], labels=torch.full_like(self.target.labels, UNKNOWN)
        )
        return TrainingData(replace(self.source, pixels=source[:, :, None, None]), unlabelled, unlabelled)

    def _config(self, model: Model, recipe: Recipe) -> TrainConfig:
        """Return a run of the benchmark's features mode, only shorter; its last weights are taken."""
        config = run_config("tree", PRESET, "features", model, (YOUR_SOURCE, YOURS), seed=0)
        batch_size = max(2, min(recipe.batch_size, len(self.source), len(self.target)))
        return replace(
            config,
            optimisation=replace(FEATURES, rate=recipe.rate, steps=recipe.steps, batch_size=batch_size),
            network=replace(config.network, pretrained=False),
            evaluations=min(10, recipe.steps),
            save_every=recipe.steps,
            selection="last",
            augmentation="none",
        )

    def _write_model(
        self, folder: Path, config: TrainConfig, trainee: Trainee, backbone: PdaNetwork, standard: Standard
    ) -> None:
        """Write a model that takes images: the backbone, and the head that was trained on what it sees."""
        network = copy.deepcopy(backbone)
        network.load_state_dict(trainee.network.state_dict(), strict=False)
        standard.into(network)
        trainee.network = network
        write_checkpoint(folder, trainee, replace(config, network=PRESET.network), self.task)

    def _write_result(self, folder: Path, recipe: Recipe, models: Sequence[Answering]) -> None:
        """Write what the two models, as they were written, say of the target."""
        counts = {"source": len(self.source), "target": len(self.target)}
        said = []
        for each in models:
            features, logits = each.checkpoint.network.head(each.target)
            metrics = {"images": counts, **measured(logits)}
            if each.checkpoint.isra:
                metrics["receptor_r2"] = receptor_r2(each.checkpoint.isra, features).tolist()
            write_json(each.checkpoint.folder / "metrics.json", metrics)
            said.append(logits)
        names = {_title(model): model.name for model in MODELS}
        result = compared(folder, names, self.target, (said[0], said[1]), self.classes)
        result |= {"classes": len(self.classes), "source": len(self.source), "recipe": asdict(recipe)}
        card = (
            f"# {_title(MODELS[-1])} on {len(self.classes)} classes of your own\n\n"
            f"Bottleneck, classifier and topics were trained {recipe.steps} steps on what {PRESET.network.backbone}, "
            f"pretrained on ImageNet, sees in {len(self.source)} labelled images of the source and "
            f"{len(self.target)} of the target.\n\n"
            f"{told_of_accuracy(result)}"
        )
        write_result(folder, result, card, COMMAND)


def _title(model: Model) -> str:
    return model_title(model.method, isra=model.isra)
