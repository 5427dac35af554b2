"""ImageNet-Caltech: two label spaces that share 84 classes.

From ImageNet to Caltech, the source is ImageNet's training set with its 1,000 classes; from Caltech to ImageNet, it is
Caltech-256 with its 256 classes (without ``257.clutter``), and the target is ImageNet's validation set.

`caltech_256.txt` names Caltech's classes and, for the shared ones, ImageNet's WordNet id. The pairs were derived from
the lists that BA3US released (tim-learn/BA3US, `data/imagenet_caltech/imagenet_84_list.txt`), which give validation
images Caltech's labels, and what ImageNet calls the same images.
"""

from __future__ import annotations

from pathlib import Path

from isra_model.data.benchmark import Benchmark, BenchmarkError, Published
from isra_model.data.folder import folder_at, load_domain
from isra_model.data.hub import is_hub_reference
from isra_model.data.names import match
from isra_model.data.published.protocol import child_folder

DOMAINS = ("ImageNet", "Caltech")
CALTECH_256 = "256_ObjectCategories"
SOURCE_IMAGES = {"ImageNet": 1_281_167, "Caltech": 29_780}
TARGET_IMAGES = {"ImageNet": 4_200, "Caltech": 9_257}
_LAYOUT = "put train, val (of ImageNet, by WordNet id) and 256_ObjectCategories (of Caltech-256) side by side"


def load_imagenet_caltech(data: Path, source: str, target: str) -> Benchmark:
    """Load ImageNet-Caltech in one direction, from ImageNet's ``train`` or ``val`` and Caltech's class folders.

    The classes are the source's: WordNet ids, or Caltech's names.

    Raises
    ------
    BenchmarkError
        If the two domains are not ImageNet and Caltech, a folder is missing or a class folder is empty.
    """
    source, target = _domain(source), _domain(target)
    if source == target:
        raise BenchmarkError("imagenet-caltech goes from ImageNet to Caltech or from Caltech to ImageNet: choose one.")
    if is_hub_reference(data):
        raise BenchmarkError(f"imagenet-caltech is read from a folder: {_LAYOUT}.")
    root, caltech, shared = folder_at(data), caltech_classes(), shared_classes()
    if source == "ImageNet":
        classes = imagenet_classes()
        domains = {
            source: load_domain(source, _child(root, "train"), classes),
            target: load_domain(target, _child(root, CALTECH_256), classes, lambda name: shared.get(_number(name))),
        }
        target_classes = tuple(shared.values())
    else:
        classes, by_id = tuple(caltech.values()), {shared[number]: caltech[number] for number in shared}
        domains = {
            source: load_domain(source, _child(root, CALTECH_256), classes, lambda name: caltech.get(_number(name))),
            target: load_domain(target, _child(root, "val"), classes, by_id.get),
        }
        target_classes = tuple(by_id.values())
    published = Published(target_classes, {source: SOURCE_IMAGES[source]}, {target: TARGET_IMAGES[target]})
    return Benchmark("imagenet-caltech", classes, domains, published)


def _domain(name: str) -> str:
    found = match(name, DOMAINS)
    if found is None:
        raise BenchmarkError(f"imagenet-caltech has no domain '{name}'; choose one of {', '.join(DOMAINS)}.")
    return found


def _child(root: Path, name: str) -> Path:
    return child_folder(root, name, _LAYOUT)


def _number(folder: str) -> str:
    return folder.partition(".")[0]


def caltech_classes() -> dict[str, str]:
    """Return Caltech's classes by the number that their folder's name starts with."""
    return {_number(line[0]): line[0].partition(".")[2] for line in _lines()}


def shared_classes() -> dict[str, str]:
    """Return the WordNet ids of the shared classes by Caltech's number."""
    return {_number(line[0]): line[1] for line in _lines() if len(line) == 2}


def _lines() -> list[list[str]]:
    return [line.split() for line in Path(__file__).with_name("caltech_256.txt").read_text().splitlines()]


def imagenet_classes() -> tuple[str, ...]:
    """Return the WordNet ids in the order of ImageNet's labels."""
    from timm.data.imagenet_info import ImageNetInfo

    return tuple(ImageNetInfo("imagenet-1k").label_names())  # type: ignore[no-untyped-call]
