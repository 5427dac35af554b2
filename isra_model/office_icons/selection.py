"""Which of the candidate images make the dataset: each drawing once, in one domain."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isra_model.office_icons.domains import Domain
from isra_model.office_icons.duplicates import Fingerprint, hash_distances, outline_overlaps
from isra_model.office_icons.icons import Icon

SAME_PICTURE = 8
SAME_DESIGNER_OVERLAP = 0.85
OTHER_DESIGNER_OVERLAP = 0.94
OTHER_DESIGNER_DISTANCE = 26
ENOUGH = (0, 8, 11, 14)
PLENTY = 12

_Versions = Mapping[Domain, list[int]]


@dataclass(frozen=True)
class Candidate:
    """A rendered icon.

    Attributes
    ----------
    icon : Icon
        What was drawn.
    domain : Domain
        How it is drawn.
    png : bytes
        The image as it ships.
    fingerprint : Fingerprint
        What it is compared with others by.
    """

    icon: Icon
    domain: Domain
    png: bytes
    fingerprint: Fingerprint

    @property
    def family(self) -> str:
        """The designer, shared by related icon sets (`font-awesome`)."""
        return self.icon.icon_set.family

    @property
    def drawing(self) -> tuple[str, str]:
        """The designer's drawing, whatever the style: family and base name."""
        return self.family, self.icon.base


@dataclass(frozen=True)
class _Scarcity:
    """Which domain a drawing should go to: the scarcest that is short of images, else the one with fewest."""

    supply: Mapping[Domain, int]
    enough: int

    def rank(self, domain: Domain, size: int) -> tuple[int, int]:
        return (0 if size < self.enough else size, self.supply[domain])


def select(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the images that ship, by class, icon set and name.

    Every drawing is kept in one domain only, and near-duplicates within and across domains are dropped.
    """
    by_class: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_class[candidate.icon.class_name].append(candidate)
    chosen = [item for name in sorted(by_class) for item in _select_class(by_class[name])]
    return sorted(chosen, key=lambda item: (item.icon.class_name, item.icon.icon_set.prefix, item.icon.name))


def _select_class(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Place the drawings of a class in several ways, and keep the way that leaves the fullest domains."""
    ordered = sorted(candidates, key=lambda item: item.icon.key)
    clash = clashes(ordered)
    drawings: defaultdict[tuple[str, str], defaultdict[Domain, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, item in enumerate(ordered):
        drawings[item.drawing][item.domain].append(index)
    supply = Counter(item.domain for item in ordered)
    scarce_first = sorted(drawings, key=lambda name: (min(supply[domain] for domain in drawings[name]), name))
    settled_first = sorted(scarce_first, key=lambda name: len(drawings[name]))
    ways = (
        _place([drawings[name] for name in order], clash, _Scarcity(supply, enough))
        for order in (settled_first, scarce_first)
        for enough in ENOUGH
    )
    fullest = max(ways, key=lambda kept: _fullness(Counter(ordered[index].domain for index in kept)))
    return [ordered[index] for index in fullest]


def _fullness(sizes: Counter[Domain]) -> tuple[int, float]:
    """Return the size of the smallest domain where it matters, then how many images, evenly spread."""
    counts = [sizes[domain] for domain in Domain]
    return min(*counts, PLENTY), sum(math.sqrt(count) for count in counts)


def _place(drawings: Sequence[_Versions], clash: NDArray[np.bool_], scarcity: _Scarcity) -> list[int]:
    sizes: Counter[Domain] = Counter()
    kept: list[int] = []
    for versions in drawings:
        for domain in sorted(versions, key=lambda domain: scarcity.rank(domain, sizes[domain])):
            added = _without_clashes(versions[domain], kept, clash)
            if added:
                kept += added
                sizes[domain] += len(added)
                break
    return kept


def _without_clashes(indices: Sequence[int], kept: Sequence[int], clash: NDArray[np.bool_]) -> list[int]:
    added: list[int] = []
    for index in indices:
        if not clash[index, [*kept, *added]].any():
            added.append(index)
    return added


def clashes(candidates: Sequence[Candidate]) -> NDArray[np.bool_]:
    """Return (N, N) which pairs of N images of one class show the same drawing.

    Within a domain: all but the same hash. Across domains: much the same outline by the same designer, or nearly the
    same outline and a similar hash whoever drew them.
    """
    prints = [item.fingerprint for item in candidates]
    distance, overlap = hash_distances(prints), outline_overlaps(prints)
    same_domain = _equal([item.domain for item in candidates])
    same_designer = _equal([item.family for item in candidates])
    reinked = (same_designer & (overlap >= SAME_DESIGNER_OVERLAP)) | (
        (overlap >= OTHER_DESIGNER_OVERLAP) & (distance <= OTHER_DESIGNER_DISTANCE)
    )
    return np.asarray(np.where(same_domain, distance <= SAME_PICTURE, reinked))


def _equal(values: Sequence[str]) -> NDArray[np.bool_]:
    array = np.array([str(value) for value in values])
    return np.asarray(array[:, None] == array[None, :])
