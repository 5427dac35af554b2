"""Icons of designers whom Office-Icons leaves out, mostly for their licences: to measure with, not to ship."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from isra_model.files import write_bytes
from isra_model.office_icons.candidates import render_candidates
from isra_model.office_icons.duplicates import HASH_SIDE, Fingerprint, fingerprint
from isra_model.office_icons.icons import CATEGORIES_LEFT_OUT, IconSet, icon_set_of, read_icons
from isra_model.office_icons.names import read_class_names
from isra_model.office_icons.selection import SAME_PICTURE, Candidate
from isra_model.office_icons.tables import read_families

SAME_OUTLINE = 0.97
SIMILAR_PICTURE = 20


def collect_unseen(office_icons: Path, output: Path, package: Path) -> Counter[str]:
    """Write each icon that is no picture of Office-Icons nor by its designers as DOMAIN/CLASS/SET--NAME.png.

    An icon is left out if its perceptual hash differs by at most 8 of 100 bits from an image of Office-Icons or from
    one already written, or by at most 20 from the one with the most alike outline, if the two outlines nearly agree.
    ``package`` is the unpacked `@iconify/json`; the counts are images a domain.
    """
    names = read_class_names()
    icons = [icon for each in _other_sets(office_icons, package) for icon in read_icons(package, each, names)]
    known = _Known([fingerprint(grey) for grey in _shipped(office_icons)])
    new = [item for item in render_candidates(icons) if not known.holds(item.fingerprint)]
    kept = _without_repeats(new)
    for item in kept:
        name = f"{item.icon.icon_set.prefix}--{item.icon.name}.png"
        write_bytes(output / item.domain.lower() / item.icon.class_name / name, item.png)
    return Counter(item.domain.lower() for item in kept)


def _other_sets(office_icons: Path, package: Path) -> Iterator[IconSet]:
    families = read_families()
    with (office_icons / "ATTRIBUTION.csv").open(encoding="utf-8", newline="") as rows:
        used = {families.get(row["icon_set"], row["icon_set"]) for row in csv.DictReader(rows)}
    collections = json.loads((package / "collections.json").read_text(encoding="utf-8"))
    for prefix, info in sorted(collections.items()):
        family = families.get(prefix, prefix)
        if family not in used and info.get("category") not in CATEGORIES_LEFT_OUT:
            yield icon_set_of(prefix, info, family)


def _shipped(office_icons: Path) -> Iterator[NDArray[np.uint8]]:
    for file in sorted(office_icons.glob("*.parquet")):
        for row in pq.read_table(file, columns=["image"]).column("image").to_pylist():
            yield np.asarray(Image.open(io.BytesIO(row["bytes"])).convert("L"))


class _Known:
    """The images of Office-Icons, to compare others with."""

    def __init__(self, prints: Sequence[Fingerprint]) -> None:
        self._hashes = np.stack([each.hash for each in prints])
        self._outlines = np.stack([each.outline.ravel() for each in prints]).astype(np.float32)
        self._areas = self._outlines.sum(axis=1)

    def holds(self, new: Fingerprint) -> bool:
        distance = (self._hashes != new.hash).sum(axis=1)
        outline = new.outline.ravel().astype(np.float32)
        common = self._outlines @ outline
        overlap = common / np.maximum(self._areas + outline.sum() - common, 1)
        closest = overlap.argmax()
        redrawn = overlap[closest] > SAME_OUTLINE and distance[closest] <= SIMILAR_PICTURE
        return bool(distance.min() <= SAME_PICTURE or redrawn)


def _without_repeats(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates less those that look like an earlier one that is kept."""
    kept: list[Candidate] = []
    hashes = np.zeros((0, HASH_SIDE**2), dtype=bool)
    for item in candidates:
        if not (np.count_nonzero(hashes != item.fingerprint.hash, axis=1) <= SAME_PICTURE).any():
            kept.append(item)
            hashes = np.vstack([hashes, item.fingerprint.hash])
    return kept
