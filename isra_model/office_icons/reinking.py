"""How often a target image is a source image's drawing re-inked, against chance."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isra_model.office_icons.domains import Domain
from isra_model.office_icons.duplicates import outline_overlaps
from isra_model.office_icons.selection import Candidate, clashes


@dataclass(frozen=True)
class Reinking:
    """Rates over the images of all twelve transfer tasks, each in [0, 1].

    Attributes
    ----------
    repeated : float
        Target images that clash with a source image: the same outline by the same designer, or nearly the same outline
        and a similar hash whoever drew them.
    same_designer : float
        Target images whose nearest source image of their class, by outline, is by the same designer.
    chance : float
        What `same_designer` would be if the nearest were any source image of the class.
    """

    repeated: float
    same_designer: float
    chance: float


def measure_reinking(candidates: Sequence[Candidate]) -> Reinking:
    """Compare every image with those of its class in each other domain."""
    by_class: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_class[candidate.icon.class_name].append(candidate)
    rows = [row for members in by_class.values() for row in _compare(members)]
    if not rows:
        return Reinking(repeated=0.0, same_designer=0.0, chance=0.0)
    repeated, same_designer, chance = np.concatenate(rows, axis=1).mean(axis=1)
    return Reinking(float(repeated), float(same_designer), float(chance))


def _compare(members: Sequence[Candidate]) -> list[NDArray[np.float64]]:
    """For each ordered pair of domains, (3, target images): repeated, nearest by the same designer, its chance."""
    domains = np.array([str(item.domain) for item in members])
    families = np.array([item.family for item in members])
    clash = clashes(members)
    overlap = outline_overlaps([item.fingerprint for item in members])
    rows: list[NDArray[np.float64]] = []
    for source in Domain:
        for target in Domain:
            sources, targets = np.flatnonzero(domains == str(source)), np.flatnonzero(domains == str(target))
            if source == target or not len(sources) or not len(targets):
                continue
            here = np.ix_(targets, sources)
            same = families[targets][:, None] == families[sources][None]
            nearest = overlap[here].argmax(axis=1)
            rows.append(
                np.stack([clash[here].any(axis=1), same[np.arange(len(targets)), nearest], same.mean(axis=1)]).astype(
                    np.float64
                )
            )
    return rows
