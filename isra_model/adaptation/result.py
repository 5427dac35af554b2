"""What a job leaves: a task of two models, with its gallery; predictions; how to train in full."""

from __future__ import annotations

import csv
import io
import json
import shlex
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from isra_model.adaptation.adapting import Adapted
from isra_model.adaptation.recipe import YOURS, Recipe, origin_of
from isra_model.checkpoints import Checkpoint, write_checkpoint
from isra_model.checkpoints.card import IMAGES
from isra_model.checkpoints.folders import GALLERY
from isra_model.data.benchmark import UNKNOWN
from isra_model.data.streams import DecodedImages
from isra_model.files import write_bytes, write_json
from isra_model.inspection.gallery_checking import gallery_description
from isra_model.training.evaluation import accuracy
from isra_model.training.scores import class_weight, selection_scores

TASK = "adapted/your-images"
"""The task's folder; its parent is what the download unpacks to."""
BEFORE, AFTER = "before", "yours"
RESULT, DOWNLOAD = "result.json", "adapted.zip"
PREDICTIONS, COMMAND = "adapted/predictions.csv", "adapted/train-in-full.txt"


def write_models(folder: Path, checkpoint: Checkpoint, adapted: Adapted, before: Tensor) -> None:
    """Write the model as it was and as it is now, side by side as models of one task.

    Parameters
    ----------
    folder : Path
        The task's.
    checkpoint : Checkpoint
        The model as it was.
    adapted : Adapted
        The model as it is now.
    before : Tensor
        (n, C) what the model as it was said of the images.
    """
    origin = origin_of(checkpoint)
    shutil.copytree(checkpoint.folder, folder / BEFORE, ignore=_all_but_weights)
    described = json.loads((checkpoint.folder / "config.json").read_text(encoding="utf-8"))
    described["training"]["target"], described["target_classes"] = YOURS, []
    write_json(folder / BEFORE / "config.json", described)
    config = replace(adapted.config, network=checkpoint.training.network, init=origin)
    write_checkpoint(folder / AFTER, adapted.trainee, config, adapted.task)
    for name, logits in ((BEFORE, before), (AFTER, adapted.logits())):
        metrics = {"origin": origin, "images": {"target": len(before)}, **measured(logits)}
        if "receptor_r2" in checkpoint.metrics and (name == BEFORE or not adapted.trained):
            metrics["receptor_r2"] = checkpoint.metrics["receptor_r2"]
        write_json(folder / name / "metrics.json", metrics)
    write_bytes(folder / IMAGES, f"The target is the {len(before)} images that you brought.\n".encode())


def measured(logits: Tensor) -> dict[str, Any]:
    """Return what metrics say of a model by its logits (n, C) of the images, without labels."""
    return {"scores": selection_scores(logits), "class_weight": class_weight(logits).tolist()}


def _all_but_weights(_: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith("model.safetensors") and name != "isra.safetensors"]


def write_result(folder: Path, result: dict[str, Any], card: str, command: str) -> None:
    """Write card, predictions, how to train in full, all that there is as one zip, and last the ``result``.

    The card is the second model's.
    """
    _, after = result["models"].values()
    write_bytes(folder / TASK / after / "README.md", card.encode())
    write_bytes(folder / PREDICTIONS, predictions_csv(result["rows"]).encode())
    write_bytes(folder / COMMAND, command.encode())
    with zipfile.ZipFile(folder / DOWNLOAD, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted((folder / TASK).parent.rglob("*")):
            archive.write(path, path.relative_to(folder))
    write_json(folder / RESULT, result)


def compared(
    folder: Path, models: dict[str, str], images: DecodedImages, said: tuple[Tensor, Tensor], classes: tuple[str, ...]
) -> dict[str, Any]:
    """Return what the page tells of two models.

    Parameters
    ----------
    folder : Path
        The job's.
    models : dict[str, str]
        The first's folder and the second's, by what each is called.
    images : DecodedImages
        The images that were adapted to.
    said : tuple[Tensor, Tensor]
        (n, C) each, what the two say of the images.
    classes : tuple[str, ...]
        (C) names.
    """
    before, after = (logits.argmax(dim=1) for logits in said)
    named = dict(zip(models, said, strict=True))
    return {
        "models": models,
        "images": len(images),
        "first_row": gallery_description(folder / TASK / GALLERY)["source_rows"],
        **accuracies(images.labels, named),
        "scores": {name: selection_scores(logits) for name, logits in named.items()},
        "changed": int((before != after).sum()),
        "rows": rows(images, named, classes),
    }


def accuracies(labels: Tensor, said: dict[str, Tensor]) -> dict[str, Any]:
    """Return each model's accuracy in percent on the images in class folders; nothing if there are none."""
    known = labels != UNKNOWN
    if not known.any():
        return {}
    found = {name: round(accuracy(logits[known], labels[known]), 1) for name, logits in said.items()}
    return {"accuracy_in_your_class_folders": {**found, "images": int(known.sum())}}


def rows(images: DecodedImages, said: dict[str, Tensor], classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return what each model says of each image, and the class of its folder."""
    first = {name: logits.softmax(dim=1).max(dim=1) for name, logits in said.items()}
    found = []
    for place, key in enumerate(images.keys):
        label = int(images.labels[place])
        row: dict[str, Any] = {"image": key, "folder": classes[label] if label != UNKNOWN else ""}
        for name, (probability, guess) in first.items():
            row |= {name: classes[int(guess[place])], f"{name}_probability": round(float(probability[place]), 4)}
        found.append(row)
    return found


def predictions_csv(predictions: list[dict[str, Any]]) -> str:
    """Return the rows as CSV; no cell of a stranger's starts like a spreadsheet's formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(predictions[0]))
    writer.writeheader()
    writer.writerows({name: _no_formula(value) for name, value in row.items()} for row in predictions)
    return text.getvalue()


def _no_formula(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value


def train_in_full(checkpoint: Checkpoint) -> str:
    """Return the command that trains the whole network on the images, as a GPU does in minutes."""
    training = checkpoint.training
    first, *_ = training.benchmark.split("+")
    task = ["--benchmark", f"{first}+tree", "--data", "FOLDER", "--source", training.source, "--target", "mine"]
    isra = ["--isra", "--isra.code", training.isra.code] if training.isra else []
    command = ["python", "-m", "isra_model", "train", *task, "--method", training.method, *isra]
    return (
        "# FOLDER holds a folder 'mine' with your images. All layers are trained; a GPU takes minutes, a CPU hours.\n"
        f"{shlex.join([*command, '--output', 'adapted-in-full'])}\n"
    )


def adapted_card(result: dict[str, Any], recipe: Recipe) -> str:
    """Return the card of an adapted model."""
    statistics = "Its normalisation statistics were re-estimated on the images. " if result["recipe"]["anew"] else ""
    trained = {
        "nothing": "Nothing else of it changed.",
        "head": f"Its head was trained {recipe.steps} steps on the backbone's features.",
        "network": f"All of it was trained {recipe.steps} steps.",
    }
    return (
        f"# {result['origin']}, adapted to {result['images']} unlabelled images\n\n"
        f"{statistics}{trained[recipe.trained]}\n\n{told_of_accuracy(result)}"
    )


def told_of_accuracy(result: dict[str, Any]) -> str:
    """Return a card's sentence on the accuracies in class folders."""
    found = result.get("accuracy_in_your_class_folders")
    if not found:
        return "Without class folders nothing is known of its accuracy.\n"
    first, second = (f"{name} {found[name]} %" for name in result["models"])
    return (
        f"In your class folders, {found['images']} images, this many are right: {first}, {second}; the folders' names "
        "chose nothing.\n"
    )
