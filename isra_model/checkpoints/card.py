"""Model cards: what a checkpoint is, where it comes from and how well it does, from recorded numbers only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isra_model.checkpoints.results import RunRecord, accuracy_table
from isra_model.checkpoints.store import Checkpoint
from isra_model.files import write_bytes

MODELS = ("source-only", "ba3us", "ba3us-isra")
TITLES = {"source-only": "Source-only", "ba3us": "BA3US", "ba3us-isra": "BA3US + ISRA"}
TABLE_NOTE = (
    "Accuracy on the target's 25 classes in percent: transductive (the unlabelled images that were adapted to) / held-out "
    "(icon sets that no training saw). Mean ± standard deviation (number of seeds). No target label chose anything."
)


def write_card(checkpoint: Checkpoint, records: Sequence[RunRecord]) -> None:
    """Write the model's ``README.md``: the Hub's front matter, its numbers, and the table of all recorded runs."""
    title = f"{TITLES.get(checkpoint.method, checkpoint.method)}, {checkpoint.benchmark} {checkpoint.source} → {checkpoint.target}"
    sections = [
        f"---\n{json.dumps(_front_matter(checkpoint, title), indent=2)}\n---",
        f"# {title}",
        f"Partial domain adaptation from the domain *{checkpoint.source}* ({len(checkpoint.classes)} labelled classes) to "
        f"*{checkpoint.target}* ({len(checkpoint.target_classes)} of them, unlabelled), trained by ISRA Studio. "
        "The weights are stored in half precision; the numbers are those of the stored weights.",
        "## This model\n\n" + _numbers(checkpoint.metrics),
        "## All recorded runs\n\n" + TABLE_NOTE + "\n\n" + accuracy_table(records, MODELS),
        "## Use\n\n```python\nfrom PIL import Image\nfrom isra_model import Inspector\n\n"
        f'inspector = Inspector.from_pretrained("checkpoints/{checkpoint.folder.parent.name}", model="{checkpoint.method}")\n'
        'inspector.look(Image.open("mug.png")).predictions[0].label\n```',
        "## Limits\n\nIt knows icons and simple drawings of 65 everyday objects; on photographs it guesses. "
        "Its probabilities are not calibrated. The topics are implicit: they have no names but those a reader gives them.",
    ]
    write_bytes(checkpoint.folder / "README.md", ("\n\n".join(sections) + "\n").encode())


def _numbers(metrics: dict[str, Any]) -> str:
    rows = {
        "accuracy on the target, transductive": f"{metrics['accuracy']:.1f} % of {metrics['images']['target']} images",
        "accuracy on the target, held-out": f"{metrics['heldout_accuracy']:.1f} % of {metrics['images']['heldout']} images",
        "best evaluation by target labels (oracle)": f"{metrics['oracle_accuracy']:.1f} %",
        "selected": f"step {metrics['selected_step']} of {metrics['steps']}, by {metrics['selection']}",
        "same prediction in half and full precision": f"{100 * metrics['half_precision_agreement']:.1f} % of target images",
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
    task = {"type": "image-classification"}
    return {
        "license": "apache-2.0",
        "library_name": "isra-model",
        "pipeline_tag": "image-classification",
        "tags": ["partial-domain-adaptation", "ba3us", "isra", checkpoint.benchmark],
        "base_model": f"timm/{checkpoint.training.network.backbone}.in1k",
        "model-index": [{"name": title, "results": [{"task": task, "dataset": dataset, "metrics": metrics}]}],
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
