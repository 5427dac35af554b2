"""Office-Home, Office-31, Office-Caltech, VisDA-2017 and DomainNet-126: domains and classes as published.

`protocols.json` holds each benchmark's classes in the order of their labels, the labels of its targets and its numbers
of images. Office-Home, Office-31 and VisDA-2017 are as in BA3US and Transfer-Learning-Library's `default_partial`; the
126 classes of DomainNet are numbered as in AdaContrast's lists, which follow MME, and its targets are the first 40 of
them, as in the lists of Adversarial Reweighting (Gu et al., NeurIPS 2021). No partial protocol of Office-Caltech (Gong
et al., CVPR 2012) could be verified: its targets here are the first five of its ten classes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from isra_model.data.benchmark import Benchmark, BenchmarkError, ImageSet, Published
from isra_model.data.folder import folder_at, load_domain
from isra_model.data.hub import is_hub_reference, load_hub
from isra_model.data.image_list import load_image_lists
from isra_model.data.names import match
from isra_model.data.several import domain_parts


@dataclass(frozen=True)
class Protocol:
    """A published benchmark's domains and classes, and what it lays down beside them."""

    name: str
    domains: tuple[str, ...]
    classes: tuple[str, ...]
    published: Published

    def domain(self, name: str) -> str:
        """Return a domain's own spelling.

        Raises
        ------
        BenchmarkError
            If there is no such domain.
        """
        found = match(name, self.domains)
        if found is None:
            raise BenchmarkError(f"{self.name} has no domain '{name}'; choose one of {', '.join(self.domains)}.")
        return found

    def class_of(self, name: str) -> str | None:
        """Return the class that a copy of the benchmark calls by ``name``, or nothing if it is none of the classes."""
        return match(name, self.classes)


def _read_protocols() -> dict[str, Protocol]:
    content = json.loads(Path(__file__).with_name("protocols.json").read_text())
    return {name: _protocol(name, **entry) for name, entry in content.items()}


def _protocol(
    name: str, domains: Mapping[str, Mapping[str, int]], target_labels: list[int], classes: list[str]
) -> Protocol:
    published = Published(
        target_classes=tuple(classes[label] for label in target_labels),
        images={domain: counts["images"] for domain, counts in domains.items() if counts},
        target_images={domain: counts["target_images"] for domain, counts in domains.items() if counts},
    )
    return Protocol(name, tuple(domains), tuple(classes), published)


PROTOCOLS = _read_protocols()


def load_published(name: str, data: Path, source: str, target: str) -> Benchmark:
    """Load two domains of a published benchmark from its folder as downloaded, or from a Hugging Face dataset.

    A domain is read from ``<data>/<domain>_list.txt`` where there is such a list, or else from ``<data>/<domain>``,
    whose class folders may lie in a folder ``images``. Folders of other classes, such as DomainNet's other 219, are
    left out.

    Raises
    ------
    BenchmarkError
        If a domain or all its classes are missing, a class folder is empty or a list is malformed.
    """
    protocol = PROTOCOLS[name]
    names = dict.fromkeys(protocol.domain(domain) for domain in (*domain_parts(source), target))
    if is_hub_reference(data):
        found = load_hub(name, data, protocol.classes, protocol.class_of)
        domains = {domain: found.domain(domain) for domain in names}
    else:
        domains = {domain: _read_domain(protocol, domain, folder_at(data)) for domain in names}
    return Benchmark(name, protocol.classes, domains, protocol.published)


def _read_domain(protocol: Protocol, domain: str, root: Path) -> ImageSet:
    image_list = root / f"{domain}_list.txt"
    if image_list.is_file():
        return load_image_lists(protocol.name, {domain: image_list}, root, protocol.classes).domain(domain)
    folder = child_folder(root, domain, f"give the folder that holds {', '.join(protocol.domains)}")
    images = folder / "images"
    return load_domain(domain, images if images.is_dir() else folder, protocol.classes, protocol.class_of)


def child_folder(root: Path, name: str, mend: str) -> Path:
    """Return the folder in ``root`` that is called ``name``, however it is spelled.

    Raises
    ------
    BenchmarkError
        If there is none; the message ends in ``mend``.
    """
    found = match(name, sorted(path.name for path in root.iterdir() if path.is_dir()))
    if found is None:
        raise BenchmarkError(f"{root} has no folder '{name}': {mend}.")
    return root / found
