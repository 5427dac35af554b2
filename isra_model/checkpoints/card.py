"""Model cards: what a checkpoint is, where it comes from and how well it does, from recorded numbers only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import timm
from huggingface_hub import CardData, EvalResult
from huggingface_hub.repocard_data import eval_results_to_model_index

from isra_model.checkpoints.hub import pinned_id
from isra_model.checkpoints.results import RunRecord, accuracy_table
from isra_model.checkpoints.store import Checkpoint
from isra_model.files import write_bytes
from isra_model.markdown import table
from isra_model.training.selection import selection_table

MODELS = ("source-only", "ba3us", "ba3us-isra")
"""The models that ship, whose recorded runs every card lists."""
IMAGES = "IMAGES.md"

CARD = Template("""---
$front_matter
---

# $title

Partial domain adaptation from the domain *$source* ($classes labelled classes) to *$target* ($target_classes),
trained by ISRA Studio. Large weights are stored in half precision; the numbers are theirs.

## This model

$numbers
$selection$images$runs
## Use

```python
from PIL import Image
from isra_model import Inspector

inspector = $load
inspector.look(Image.open("mug.png")).predictions[0].label
```

## Limits

It knows the classes of its source, drawn as its two domains draw them; on anything else it guesses. Its
probabilities are not calibrated. The topics are implicit: they have no names but those that a reader gives them.
""")


RUNS = """
## All recorded runs

Accuracy on the target's classes in percent: transductive (the unlabelled images that were adapted to) / held-out
(images that no training saw). Mean ± standard deviation (number of seeds). No target label chose anything.

{table}
"""


TASK_CARD = Template("""---
$front_matter
---

# $title

$models models of one partial domain adaptation task, from the domain *$source* ($classes labelled classes) to *$target*
($target_classes), trained by ISRA Studio$gallery.
$images
## Models

Accuracy on the target's classes in percent: transductive (the unlabelled images that were adapted to) / held-out
(images that no training saw). No target label chose anything. Each folder has its model's own card.

$table

## Use

```python
from PIL import Image
from isra_model import Inspector

inspector = $load
inspector.look(Image.open("mug.png")).predictions[0].label
```
""")


def write_card(checkpoint: Checkpoint, records: Sequence[RunRecord]) -> None:
    """Write the model's ``README.md``: the Hub's front matter, its numbers, and the table of all recorded runs."""
    card = CARD.substitute(
        front_matter=_front_matter([checkpoint]),
        title=f"{checkpoint.title}, {_task(checkpoint)}",
        source=checkpoint.source,
        classes=len(checkpoint.classes),
        target=checkpoint.target,
        target_classes=_target_classes(checkpoint),
        numbers=_numbers(checkpoint),
        selection=_selection(checkpoint.metrics),
        images=_images(checkpoint.folder.parent),
        runs=RUNS.format(table=accuracy_table(records, MODELS)) if records else "",
        load=_load_here(checkpoint.folder),
    )
    write_bytes(checkpoint.folder / "README.md", card.encode())


def card_on_hub(folder: Path, load: str) -> str:
    """Return a model folder's card with ``load``, the Python that reads the model from the Hub, in place of its own."""
    card = (folder / "README.md").read_text(encoding="utf-8")
    return re.sub(r"(?m)^inspector = .*$", lambda _: f"inspector = {load}", card)


def task_card(checkpoints: Sequence[Checkpoint], load: str, gallery: str) -> str:
    """Return the card of a repository that holds a task's models; ``gallery`` says what lies beside them."""
    first = checkpoints[0]
    rows = [[f"[{each.title}]({each.folder.name}/README.md)", _both(each.metrics)] for each in checkpoints]
    return TASK_CARD.substitute(
        front_matter=_front_matter(checkpoints),
        title=_task(first),
        models=len(checkpoints),
        source=first.source,
        classes=len(first.classes),
        target=first.target,
        target_classes=_target_classes(first),
        gallery=gallery,
        images=_images(first.folder.parent),
        table=table(["model", "accuracy"], rows),
        load=load,
    )


def _both(metrics: dict[str, Any]) -> str:
    """Return both accuracies in percent, or a dash for a target without labels."""
    if "accuracy" not in metrics:
        return "–"
    return f"{metrics['accuracy']:.1f}" + (f" / {metrics['heldout_accuracy']:.1f}" if _held_out(metrics) else "")


def _held_out(metrics: dict[str, Any]) -> bool:
    """Return whether images were held out of training; where none were, the target's stood for them."""
    return bool(metrics["images"]["heldout"] != metrics["images"]["target"])


def _target_classes(checkpoint: Checkpoint) -> str:
    count = len(checkpoint.target_classes)
    return f"{count} of them, unlabelled" if count else "which of them is not known: it has no labels"


def _task(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.benchmark} {checkpoint.source} → {checkpoint.target}"


def _load_here(folder: Path) -> str:
    if folder.parent.parent.name == "checkpoints":
        return f'Inspector.from_pretrained("checkpoints/{folder.parent.name}", model="{folder.name}")'
    return f'Inspector.from_pretrained("{folder.name if folder.is_absolute() else folder.as_posix()}")'


def _numbers(checkpoint: Checkpoint) -> str:
    metrics, heldout = checkpoint.metrics, checkpoint.training.heldout
    kept = f"accuracy on the target, held-out{f', domain {heldout}' if heldout else ''}"
    images, agreement = metrics["images"], 100 * metrics["half_precision_agreement"]
    rows = {"images of the target, without labels": f"{images['target']}"}
    if "accuracy" in metrics:
        rows = {
            "accuracy on the target, transductive": f"{metrics['accuracy']:.1f} % of {images['target']} images",
            kept: f"{metrics['heldout_accuracy']:.1f} % of {images['heldout']} images",
            "best evaluation by target labels (oracle)": f"{metrics['oracle_accuracy']:.1f} %",
        }
        if not _held_out(metrics):
            del rows[kept]
    rows |= {
        "selected": f"step {metrics['selected_step']} of {metrics['steps']}, by {metrics['selection']}",
        "same prediction as before rounding to half precision": f"{agreement:.1f} % of target images",
        "seed, commit, device": f"{metrics['seed']}, {metrics['commit']}, {metrics['device']}",
        "training time": f"{metrics['seconds'] / 60:.0f} minutes",
    }
    if "source_domains" in metrics:
        rows["images of the source"] = ", ".join(f"{count} {name}" for name, count in metrics["source_domains"].items())
    if calibration := metrics.get("calibration"):
        rows["calibration error of its probabilities, as they are"] = f"{calibration['ece_before']:.1f} %"
        rows[f"... divided by the temperature {calibration['temperature']:.2f}"] = (
            f"{calibration['ece_after']:.1f} %, on {calibration['images']} held-out images of the source"
        )
    if "receptor_r2" in metrics:
        alive = [value for value in metrics["receptor_r2"] if value > 0]
        rows |= {
            "topics with a live receptor (R² above 0)": f"{len(alive)} of {len(metrics['receptor_r2'])}",
            "topics that answer to no image": f"{100 * metrics['dead_topics']:.0f} %",
            "alignment L_a over both whole domains": f"{metrics['alignment']:.3g}",
        }
    rows |= _topic_rows(metrics.get("topics"))
    return table(["", ""], rows.items())


def images_text(task_folder: Path) -> str:
    """Return what ``IMAGES.md`` says of a task's target images (what they are, from where, on what terms), if it does.

    Its headings are left out.
    """
    file = task_folder / IMAGES
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return "\n".join(line for line in lines if not line.startswith("#")).strip()


def _images(task_folder: Path) -> str:
    text = images_text(task_folder)
    return f"\n## The target's images\n\n{text}\n" if text else ""


def _topic_rows(quality: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what `isra_model.inspection.topic_quality` measured of a model's topics; nothing where it did not."""
    if quality is None:
        return {}

    def share(name: str) -> str:
        value, low, high = (100 * quality[name][part] for part in ("value", "low", "high"))
        return f"{value:.0f} % ({low:.0f} to {high:.0f})"

    def mean(name: str) -> str:
        value, low, high = (quality[name][part] for part in ("value", "low", "high"))
        return f"{value:.2f} ({low:.2f} to {high:.2f})"

    source, target, looked_at, tested = quality["images"]
    rows = {
        f"topics, on {source} + {target} held-out images: an image has": f"{share('active')} of them",
        "their reconstruction leaves of the features' variance": share("unexplained"),
        "and is classified as the features are": f"{share('agreement')} of the images",
        "a topic spreads over": f"{quality['classes']:.1f} classes",
        "topics that both domains use": f"{100 * quality['used_by_both']:.0f} %",
        "cosine of a topic's attention between images": f"{quality['attention_cosine']:.2f}",
        f"correlation of an image's four strongest masks ({looked_at} images)": mean("overlap"),
        "of the encoder's own maps": mean("response_overlap"),
        f"masks that decide about their topic more than random ones ({tested} images)": f"{mean('faithful')} of 10",
        "of the encoder's own maps ": f"{mean('response_faithful')} of 10",
    }
    if quality["stability"] is not None:
        rows["cosine with the topics of another seed"] = f"{quality['stability']:.2f}"
    return rows


def _selection(metrics: dict[str, Any]) -> str:
    """Return what each label-free choice of the checkpoint cost; nothing for a model that was not asked yet."""
    if "selection_report" not in metrics:
        return ""
    choices = selection_table(metrics["selection_report"], metrics["selection"])
    cost = ", and what that costs in points of\ntransductive accuracy against the oracle, which chose nothing"
    cost = cost if "accuracy" in metrics else ""
    return f"""
## Choosing the checkpoint

What each rule would have chosen among this run's evaluations, without target labels{cost}. The rule that was used is
bold.

{choices}
"""


def _front_matter(checkpoints: Sequence[Checkpoint]) -> str:
    """Return the Hub's metadata of a card as YAML, with one entry of the model index for each model.

    Only Office-Icons' models have a licence here; who trains on other images chooses one.
    """
    first = checkpoints[0]
    index = [
        eval_results_to_model_index(f"{each.title}, {_task(each)}", evaluations)
        for each in checkpoints
        if (evaluations := _evaluations(each))
    ]
    plugged_in = ["isra"] if any(each.isra for each in checkpoints) else []
    methods = [*dict.fromkeys(each.training.method for each in checkpoints), *plugged_in]
    metadata: dict[str, Any] = {
        "license": "apache-2.0" if first.benchmark == "office-icons" else None,
        "library_name": "isra-model",
        "pipeline_tag": "image-classification",
        "tags": ["partial-domain-adaptation", *methods, first.benchmark],
        "base_model": _base_model(first),
        "model-index": [entry for entries in index for entry in entries] or None,
    }
    return str(CardData(**metadata).to_yaml())


def _evaluations(checkpoint: Checkpoint) -> list[EvalResult]:
    """Return the accuracies for the model index."""
    metrics = checkpoint.metrics
    if "accuracy" not in metrics:
        return []
    values = {"Transductive accuracy": metrics["accuracy"]}
    if _held_out(metrics):
        values["Held-out accuracy"] = metrics["heldout_accuracy"]
    return [
        EvalResult(
            task_type="image-classification",
            dataset_type=checkpoint.benchmark,
            dataset_name=_task(checkpoint),
            dataset_config=f"{checkpoint.source}-to-{checkpoint.target}",
            metric_type="accuracy",
            metric_name=name,
            metric_value=value,
        )
        for name, value in values.items()
    ]


def _base_model(checkpoint: Checkpoint) -> str | None:
    """Return the Hub's model that training started from, if it did from one."""
    training = checkpoint.training
    if training.init:
        start = pinned_id(training.init)
        return start.repository if start else None
    weights = timm.get_pretrained_cfg(training.network.backbone) if training.network.pretrained else None
    return weights.hf_hub_id if weights else None
