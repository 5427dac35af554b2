"""Model cards: what a checkpoint is, where it comes from and how well it does, from recorded numbers only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

from isra_model.checkpoints.results import RunRecord, accuracy_table
from isra_model.checkpoints.store import Checkpoint
from isra_model.files import write_bytes

MODELS = ("source-only", "ba3us", "ba3us-isra")
TITLES = {"source-only": "Source-only", "ba3us": "BA3US", "ba3us-isra": "BA3US + ISRA"}

CARD = Template("""---
$front_matter
---

# $title

Partial domain adaptation from the domain *$source* ($classes labelled classes) to *$target* ($target_classes of
them, unlabelled), trained by ISRA Studio. Large weights are stored in half precision; the numbers are theirs.

## This model

$numbers

## All recorded runs

Accuracy on the target's classes in percent: transductive (the unlabelled images that were adapted to) / held-out
(images that no training saw). Mean ± standard deviation (number of seeds). No target label chose anything.

$table

## Use

```python
from PIL import Image
from isra_model import Inspector

inspector = Inspector.from_pretrained("$path", model="$model")
inspector.look(Image.open("mug.png")).predictions[0].label
```

## Limits

It knows the classes of its source, drawn as its two domains draw them; on anything else it guesses. Its
probabilities are not calibrated. The topics are implicit: they have no names but those that a reader gives them.
""")


def write_card(checkpoint: Checkpoint, records: Sequence[RunRecord]) -> None:
    """Write the model's ``README.md``: the Hub's front matter, its numbers, and the table of all recorded runs."""
    task = f"{checkpoint.benchmark} {checkpoint.source} → {checkpoint.target}"
    title = f"{TITLES.get(checkpoint.method, checkpoint.method)}, {task}"
    card = CARD.substitute(
        front_matter=json.dumps(_front_matter(checkpoint, title), indent=2, ensure_ascii=False),
        title=title,
        source=checkpoint.source,
        classes=len(checkpoint.classes),
        target=checkpoint.target,
        target_classes=len(checkpoint.target_classes),
        numbers=_numbers(checkpoint.metrics),
        table=accuracy_table(records, MODELS),
        path=f"checkpoints/{checkpoint.folder.parent.name}",
        model=checkpoint.method,
    )
    write_bytes(checkpoint.folder / "README.md", card.encode())


def _numbers(metrics: dict[str, Any]) -> str:
    images, agreement = metrics["images"], 100 * metrics["half_precision_agreement"]
    rows = {
        "accuracy on the target, transductive": f"{metrics['accuracy']:.1f} % of {images['target']} images",
        "accuracy on the target, held-out": f"{metrics['heldout_accuracy']:.1f} % of {images['heldout']} images",
        "best evaluation by target labels (oracle)": f"{metrics['oracle_accuracy']:.1f} %",
        "selected": f"step {metrics['selected_step']} of {metrics['steps']}, by {metrics['selection']}",
        "same prediction as before rounding to half precision": f"{agreement:.1f} % of target images",
        "seed, commit, device": f"{metrics['seed']}, {metrics['commit']}, {metrics['device']}",
        "training time": f"{metrics['seconds'] / 60:.0f} minutes",
    }
    if "receptor_r2" in metrics:
        alive = [value for value in metrics["receptor_r2"] if value > 0]
        rows |= {
            "topics with a live receptor (R² above 0)": f"{len(alive)} of {len(metrics['receptor_r2'])}",
            "topics that answer to no image": f"{100 * metrics['dead_topics']:.0f} %",
            "alignment L_a over both whole domains": f"{metrics['alignment']:.3g}",
        }
    return "| | |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in rows.items())


def _front_matter(checkpoint: Checkpoint, title: str) -> dict[str, Any]:
    """Return the card's metadata; JSON is YAML."""
    dataset = {"name": checkpoint.benchmark, "type": checkpoint.benchmark, "split": checkpoint.target}
    metrics = [
        {"type": "accuracy", "name": name.replace("_", " "), "value": checkpoint.metrics[name]}
        for name in ("accuracy", "heldout_accuracy")
    ]
    result = {"task": {"type": "image-classification"}, "dataset": dataset, "metrics": metrics}
    return {
        "license": "apache-2.0",
        "library_name": "isra-model",
        "pipeline_tag": "image-classification",
        "tags": ["partial-domain-adaptation", "ba3us", "isra", checkpoint.benchmark],
        "base_model": f"timm/{checkpoint.training.network.backbone}.in1k",
        "model-index": [{"name": title, "results": [result]}],
    }


def replace_between_marks(path: Path, mark: str, content: str) -> None:
    """Replace what stands between ``<!-- mark -->`` and ``<!-- /mark -->`` in a text file.

    Raises
    ------
    ValueError
        If the file has no such marks.
    """
    opening, closing = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    text = path.read_text()
    if opening not in text or closing not in text:
        raise ValueError(f"{path.name} has no marks {opening} and {closing} to write between.")
    before, rest = text.split(opening, 1)
    after = rest.split(closing, 1)[1]
    write_bytes(path, f"{before}{opening}\n{content}\n{closing}{after}".encode())
