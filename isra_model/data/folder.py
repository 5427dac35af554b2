"""Benchmarks from folder trees: one folder a class, in one folder a domain; without labels, images alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from isra_model.data.benchmark import UNKNOWN, Benchmark, BenchmarkError, Files, Ignored, ImageSet
from isra_model.data.listing import MADE_BY_MACHINE, Listing, folders_in, list_images, made_by_machine
from isra_model.data.names import match, plain, spelling

EMPTY = "a folder without images"
PARTS = frozenset(
    (
        *("dev", "test", "testing", "train", "training", "val", "valid", "validation"),
        *("annotations", "annotation", "images", "image", "imgs", "labels", "label", "masks", "mask"),
    )
)
"""What the parts of a dataset are called; folders that are all called so are no classes."""

ClassOf = Callable[[str], str | None]
"""From a class folder's name to its class, or to nothing where the folder belongs to none."""


@dataclass(frozen=True)
class DomainFolder:
    """What lies in a domain's folder, before anything is a class.

    Attributes
    ----------
    name : str
        The domain's name.
    path : Path
        The folder.
    root : Path
        What the images' names start from.
    loose : Listing
        Images directly in the folder.
    classes : Mapping[str, Listing]
        What lies in each folder inside it, by the folder's name, read only for folders that may be classes.
    others : tuple[str, ...]
        Folders that may be none.
    """

    name: str
    path: Path
    root: Path
    loose: Listing
    classes: Mapping[str, Listing]
    others: tuple[str, ...]

    @classmethod
    def read(cls, name: str, path: Path, root: Path, class_of: ClassOf = str) -> DomainFolder:
        """List a domain's folder.

        Raises
        ------
        BenchmarkError
            If it is no folder.
        """
        folders = [folder.name for folder in folders_in(folder_at(path))]
        classes = {each: list_images(path / each, root) for each in folders if class_of(each) is not None}
        others = tuple(each for each in folders if each not in classes)
        return cls(name, path, root, list_images(path, root, deep=False), classes, others)

    @property
    def named(self) -> tuple[str, ...]:
        """Return the names of the class folders that hold images."""
        return tuple(name for name, listing in self.classes.items() if listing.images)

    def labelled(self, classes: Sequence[str], class_of: ClassOf) -> ImageSet:
        """Return the images of the class folders."""
        index = {name: label for label, name in enumerate(classes)}
        class_in = {folder: str(class_of(folder)) for folder in self.named}
        merged: dict[str, list[str]] = {}
        for folder, found in class_in.items():
            merged.setdefault(found, []).append(folder)
        files = [(index[found], key) for folder, found in class_in.items() for key in self.classes[folder].images]
        beside = [Ignored(name, "beside the class folders") for name in self.loose.images]
        several = [each for each in merged.values() if len(each) > 1]
        notes = tuple(f"{self.name}: {_quoted(folders)} are taken for one class." for folders in several)
        notes += tuple(_of_folders(self.name, name, count) for name in self.named if (count := self._folders(name)) > 1)
        return self._image_set([key for _, key in files], [label for label, _ in files], beside, notes)

    def unlabelled(self) -> ImageSet:
        """Return the images directly in the folder, of which no class is known."""
        beside = [Ignored(self._key(name), "beside images without labels") for name in self.named]
        return self._image_set(self.loose.images, [UNKNOWN] * len(self.loose.images), beside, ())

    def _key(self, name: str) -> str:
        return f"{(self.path / name).relative_to(self.root).as_posix()}/"

    def _folders(self, name: str) -> int:
        """Return how many folders lie in a class folder that holds no image itself."""
        depth = len((self.path / name).relative_to(self.root).parts)
        parts = [PurePosixPath(key).parts[depth:] for key in self.classes[name].images]
        return 0 if any(len(part) == 1 for part in parts) else len({part[0] for part in parts})

    def _image_set(
        self, keys: Sequence[str], labels: Sequence[int], beside: Sequence[Ignored], notes: tuple[str, ...]
    ) -> ImageSet:
        within = [each for listing in (self.loose, *self.classes.values()) for each in listing.ignored]
        said = {each.name for each in within}
        empty = [each for each in self.classes if not self.classes[each].images and self._key(each) not in said]
        machines = [path.name for path in self.path.iterdir() if path.is_dir() and made_by_machine(path)]
        reasons = {
            MADE_BY_MACHINE: machines,
            "no class of the benchmark": self.others,
            EMPTY: empty,
        }
        folders = [
            Ignored(self._key(name), reason, by_machine=reason == MADE_BY_MACHINE)
            for reason, names in reasons.items()
            for name in names
        ]
        return ImageSet(
            name=self.name,
            encoded=Files(self.root, tuple(keys)),
            labels=np.array(labels, dtype=np.int64),
            heldout=np.zeros(len(keys), dtype=np.bool_),
            keys=tuple(keys),
            ignored=(*within, *beside, *folders),
            notes=notes,
        )


def load_tree(root: Path, names: Sequence[str] | None = None) -> Benchmark:
    """Read the domains called ``names``, or all, under a root: ``Art/Mug/1.jpg`` is an image of the class Mug in Art.

    Nothing else below the root is read. Class folders whose names differ in case, spaces, underscores, hyphens or the
    way that accents are written are one class, called as the first domain calls it. A later domain that has images
    directly in its folder, and no folder that is called as a class, has no labels.

    Raises
    ------
    BenchmarkError
        If the root or a domain is no folder, or a domain holds no image, or parts of a dataset in the place of classes.
    """
    places = dict(_place(root, name) for name in (tree_domains(root) if names is None else names))
    domains = [DomainFolder.read(name, path, root) for name, path in places.items()]
    for domain in domains:
        if not domain.loose.images and not domain.named:
            raise BenchmarkError(_no_image(domain))
    known: set[str] = set()
    class_of: dict[str, dict[str, str]] = {}
    for domain in domains:
        class_of[domain.name] = _class_names(domain, known)
        known.update(class_of[domain.name].values())
    _require_classes(domains, class_of)
    classes = tuple(sorted(known))
    sets = {
        domain.name: domain.labelled(classes, names.get) if names else domain.unlabelled()
        for domain, names in zip(domains, class_of.values(), strict=True)
    }
    return Benchmark(root.absolute().name, classes, sets)


def _class_names(domain: DomainFolder, classes: Collection[str]) -> dict[str, str]:
    """Return the class of each folder, one that is known or the first spelled so; of no folder without labels."""
    folders, first = domain.named, dict[str, str]()
    if domain.loose.images and classes and not any(match(name, classes) for name in folders):
        return {}
    return {name: match(name, classes) or first.setdefault(spelling(name), name) for name in folders}


def _require_classes(domains: Sequence[DomainFolder], class_of: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse a domain whose class folders are all `PARTS` of a dataset by name, and no classes of another domain."""
    named = {domain: set(names.values()) for domain, names in class_of.items()}
    certain = set[str]().union(*(names for names in named.values() if not _are_parts(names)))
    for domain in domains:
        if _are_parts(named[domain.name]) and not named[domain.name] <= certain:
            raise BenchmarkError(_not_classes(domain, tuple(class_of[domain.name])))


def _are_parts(names: Collection[str]) -> bool:
    return len(names) > 1 and PARTS.issuperset(map(plain, names))


def _not_classes(domain: DomainFolder, folders: tuple[str, ...]) -> str:
    likely = [name for name in folders if plain(name).startswith(("im", "train"))]
    inside = f"{domain.name}/{(likely or folders)[0]}"
    return (
        f"{domain.path}: {_quoted(folders)} are taken for classes, but are called as parts of a dataset: pass "
        f"'{inside}' for '{domain.name}' if the class folders are in it, or rename them."
    )


def tree_domains(root: Path) -> tuple[str, ...]:
    """Return the names of the folders below a root that hold folders.

    Raises
    ------
    BenchmarkError
        If the root is no folder, or there is none.
    """
    names = tuple(path.name for path in folders_in(folder_at(root)) if folders_in(path))
    if not names:
        raise BenchmarkError(f"{root} has no folders like */*: give the folder above the domains.")
    return names


def load_domain(name: str, root: Path, classes: Sequence[str], class_of: ClassOf = str) -> ImageSet:
    """Read one domain, a folder of class folders, leaving out those that belong to none of ``classes``.

    Raises
    ------
    BenchmarkError
        If the domain is no folder, or has no folder of a class that holds an image.
    """
    known = set(classes)

    def class_in(folder: str) -> str | None:
        found = class_of(folder)
        return found if found in known else None

    found = DomainFolder.read(name, root, root, class_in)
    if not found.named:
        raise BenchmarkError(_no_class(found, classes[0]))
    return found.labelled(classes, class_in)


def folder_at(path: Path) -> Path:
    """Return a path that is a folder.

    Raises
    ------
    BenchmarkError
        If it is none, or may not be read.
    """
    if not path.is_dir():
        raise BenchmarkError(f"{path} is not a folder: check the path.")
    if not os.access(path, os.R_OK | os.X_OK):
        raise BenchmarkError(f"{path} cannot be read: check its permissions.")
    return path


def _place(root: Path, name: str) -> tuple[str, Path]:
    """Return the name and the folder of a domain; ``amazon/images`` is a folder in a folder."""
    path = folder_at(root)
    for part in PurePosixPath(name.replace("\\", "/").strip("/")).parts or (name,):
        inside = [folder.name for folder in folders_in(path)]
        found = match(part, inside)
        if found is None:
            above = not inside or match(name, [root.absolute().name])
            mend = "give the folder above the domains" if above else f"choose one of {', '.join(inside)}"
            raise BenchmarkError(f"{root} has no domain '{name}'; {mend}.")
        path /= found
    return path.relative_to(root).as_posix(), path


def _of_folders(domain: str, name: str, count: int) -> str:
    inside = f"{domain}/{name}"
    return (
        f"{domain}: the class '{name}' is {count} folders of images: if these are the classes, pass '{inside}' for it."
    )


def _quoted(names: Sequence[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)


def _no_image(domain: DomainFolder) -> str:
    ignored = [each for listing in (domain.loose, *domain.classes.values()) for each in listing.ignored]
    seen = f" ({ignored[0].name} is left out: {ignored[0].reason})" if ignored else ""
    return f"{domain.path} holds no image{seen}: put each class's images into a folder of its own."


def _no_class(domain: DomainFolder, such_as: str) -> str:
    if domain.classes:
        return _no_image(domain)
    if domain.others:
        return f"{domain.path} has no folder of a class, such as '{such_as}': give the benchmark's folder."
    return f"{domain.path} has no folders in it: put each class's images into a folder of its own."
