"""The dataset card, in the Hugging Face Hub's format."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from isra_model.files import write_bytes
from isra_model.office_icons.domains import Domain
from isra_model.office_icons.package import NAME, VERSION
from isra_model.office_icons.reinking import Reinking
from isra_model.office_icons.selection import Candidate

TEMPLATE = Path(__file__).with_name("card_template.txt")
REPLACED = Path(__file__).with_name("replaced_classes.json")


@dataclass(frozen=True)
class Summary:
    """What the card says of a build.

    Attributes
    ----------
    classes : Sequence[str]
        The class names, in label order.
    chosen : Sequence[Candidate]
        The images that ship.
    heldout : frozenset[str]
        The families whose images are held out.
    candidates : int
        How many images there were before duplicates were removed.
    exclusions : Mapping[str, str]
        The images taken out by hand, `set:name` -> reason.
    before, after : Reinking
        The rates of re-inked drawings without and with the selection.
    digests : Mapping[str, str]
        File name -> SHA-256.
    """

    classes: Sequence[str]
    chosen: Sequence[Candidate]
    heldout: frozenset[str]
    candidates: int
    exclusions: Mapping[str, str]
    before: Reinking
    after: Reinking
    digests: Mapping[str, str]


def write_card(path: Path, summary: Summary) -> None:
    """Write the card, `README.md` on the Hub, of what was built."""
    template = Template(TEMPLATE.read_text(encoding="utf-8"))
    write_bytes(path, template.substitute(_fields(summary)).encode())


def _fields(summary: Summary) -> dict[str, str]:
    replaced: dict[str, str] = json.loads(REPLACED.read_text(encoding="utf-8"))
    prefixes = sorted({item.icon.icon_set.prefix for item in summary.chosen if item.family in summary.heldout})
    heldout = sum(item.family in summary.heldout for item in summary.chosen)
    return {
        "package": f"{NAME} {VERSION}",
        "images": f"{len(summary.chosen):,}",
        "sets": str(len({item.icon.icon_set.prefix for item in summary.chosen})),
        "candidates": f"{summary.candidates:,}",
        "excluded": f"{len(summary.exclusions):,}",
        "reasons": _reasons(summary.exclusions),
        "heldout_sets": ", ".join(prefixes),
        "heldout_share": f"{heldout / max(len(summary.chosen), 1):.1%}",
        "repeated_before": f"{summary.before.repeated:.1%}",
        "repeated_after": f"{summary.after.repeated:.1%}",
        "designer_before": f"{summary.before.same_designer:.1%}",
        "designer_after": f"{summary.after.same_designer:.2%}",
        "chance_before": f"{summary.before.chance:.1%}",
        "chance_after": f"{summary.after.chance:.2%}",
        "replaced": "\n".join(f"| {old} | {new} |" for old, new in replaced.items()),
        "domains": _domain_table(summary),
        "counts": _count_table(summary),
        "class_labels": "\n".join(f"            '{label}': {name}" for label, name in enumerate(summary.classes)),
        "digests": "\n".join(f"{digest}  {name}" for name, digest in sorted(summary.digests.items())),
    }


def _reasons(exclusions: Mapping[str, str]) -> str:
    return ", ".join(f"{reason} ({count})" for reason, count in sorted(Counter(exclusions.values()).items()))


def _domain_table(summary: Summary) -> str:
    lines = []
    for domain in Domain:
        members = [item for item in summary.chosen if item.domain == domain]
        held = sum(item.family in summary.heldout for item in members)
        sizes = Counter(item.icon.class_name for item in members)
        spread = f"{min(sizes.values(), default=0)} to {max(sizes.values(), default=0)}"
        lines.append(f"| {domain} | {len(members):,} | {len(members) - held:,} | {held:,} | {spread} |")
    return "\n".join(lines)


def _count_table(summary: Summary) -> str:
    sizes = Counter((item.icon.class_name, item.domain) for item in summary.chosen)
    rows = (" | ".join(str(sizes[name, domain]) for domain in Domain) for name in summary.classes)
    return "\n".join(f"| {name} | {row} |" for name, row in zip(summary.classes, rows, strict=True))
