"""``python -m isra_model data``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from isra_model.cli.paths import ROOT, require_writable
from isra_model.data.benchmark import BenchmarkError, by_reason
from isra_model.data.checking import DataFindings, DomainFindings, check_data
from isra_model.data.contact_sheet import contact_sheet
from isra_model.data.names import first_few, printable
from isra_model.files import write_bytes

MOST_NAMES = 12


@dataclass(frozen=True)
class Check:
    """Show what a run would see of its images: classes, sizes, what is left out and why, and whether it would start.

    Attributes
    ----------
    benchmark : str | None
        As for 'train'; tree with a folder, or else office-icons, if left out.
    data : Path | None
        The folder where the images are, as for 'train'.
    source : str | None
        The labelled domain; every domain is looked at if source and target are left out.
    target : str | None
        The unlabelled domain.
    sheet : Path | None
        PNG file for a contact sheet of every class.
    """

    benchmark: str | None = None
    data: Path | None = None
    source: str | None = None
    target: str | None = None
    sheet: Path | None = None

    def run(self) -> None:
        """Print the findings, and write the sheet.

        Raises
        ------
        BenchmarkError
            If there are no images to look at, or a run would stop.
        UsageError
            If the sheet cannot be written.
        """
        if self.sheet:
            require_writable(self.sheet, "--sheet")
        benchmark = self.benchmark or ("tree" if self.data else "office-icons")
        findings = check_data(benchmark, self.source, self.target, self.data)
        print("\n".join(map(printable, _report(findings))))
        if self.sheet:
            write_bytes(self.sheet, contact_sheet(findings.benchmark))
            print(f"Written to {self.sheet}.")
        if findings.problem:
            raise BenchmarkError(findings.problem)


@dataclass(frozen=True)
class BuildOfficeIcons:
    """Build the dataset that ships with the project from its pinned icon sets.

    Attributes
    ----------
    output : Path
        Folder of the Parquet files, card, attribution and digest.
    iconify : Path | None
        An unpacked @iconify/json; fetched with npm if left out.
    contact_sheets : Path | None
        Folder for one sheet of tiles a class, for review.
    """

    output: Path = ROOT / "assets" / "office-icons"
    iconify: Path | None = None
    contact_sheets: Path | None = None

    def run(self) -> None:
        """Build the dataset."""
        from isra_model.office_icons.build import BuildConfig, build_office_icons

        config = BuildConfig(output=self.output, iconify=self.iconify, contact_sheets=self.contact_sheets)
        build_office_icons(config)


@dataclass(frozen=True)
class Unseen:
    """Collect icons by designers whom Office-Icons leaves out, as DOMAIN/CLASS/*.png, to measure models with.

    Most of their licences do not allow them to be shipped, so none of them is in the repository.

    Attributes
    ----------
    output : Path
        Folder to write to.
    iconify : Path | None
        An unpacked @iconify/json; fetched with npm if left out.
    """

    output: Path
    iconify: Path | None = None

    def run(self) -> None:
        """Write the images, and print how many there are."""
        from isra_model.office_icons.build import BuildConfig
        from isra_model.office_icons.package import fetch_package
        from isra_model.office_icons.unseen import collect_unseen

        package = self.iconify or fetch_package(BuildConfig().cache)
        found = collect_unseen(ROOT / "assets" / "office-icons", self.output, package)
        print(f"{found.total()} icons: {', '.join(f'{domain} {count}' for domain, count in sorted(found.items()))}.")


@dataclass(frozen=True)
class Data:
    """Look at images before training, build the dataset that ships, or collect images to measure with.

    Attributes
    ----------
    what : Check | BuildOfficeIcons | Unseen
        Check, build-office-icons or unseen.
    """

    what: tyro.conf.OmitSubcommandPrefixes[
        Annotated[Check, tyro.conf.subcommand("check")]
        | Annotated[BuildOfficeIcons, tyro.conf.subcommand("build-office-icons")]
        | Annotated[Unseen, tyro.conf.subcommand("unseen")]
    ]

    def run(self) -> None:
        """Do it."""
        self.what.run()


def _report(findings: DataFindings) -> Iterator[str]:
    for domain in findings.domains:
        yield from _domain_lines(domain)
    named = [domain for domain in findings.domains if domain.images]
    if len(named) > 1:
        where = "both" if len(named) == 2 else "all"
        yield f"Classes in {where}: {len(findings.shared)}{_listed(findings.shared)}"
        for domain in named:
            if domain.only:
                yield f"Classes only in {domain.name}: {len(domain.only)}{_listed(domain.only)}"
    if task := findings.task:
        source, target = len(task.source_images()), len(task.target_images())
        yield f"A run learns {len(task.benchmark.classes)} classes from {source:,} images, and adapts to {target:,}."
        if task.source == task.target:
            yield (
                f"Source and target are the same domain, '{task.source}': this trains with its labels, and measures "
                "the in-domain ceiling."
            )
        yield from task.leaks
    for near in findings.near_misses:
        yield (
            f"Nearly alike: '{near.name}' in {near.domain} and '{near.other_name}' in {near.other_domain}: give both "
            "folders one name if they mean the same."
        )


def _domain_lines(domain: DomainFindings) -> Iterator[str]:
    counts = sorted(domain.images.values())
    labelled = (
        f"{sum(counts):,} images of {len(counts)} classes, {counts[0]:,} to {counts[-1]:,} each" if counts else ""
    )
    unlabelled = f"{domain.unlabelled:,} images without labels" if domain.unlabelled else ""
    yield f"{domain.name}: {'; '.join(filter(None, (labelled, unlabelled)))}"
    if domain.images:
        yield "  " + ", ".join(f"{name} {count:,}" for name, count in domain.images.items())
    if domain.sizes:
        small, middle, large = (f"{width} x {height}" for width, height in domain.sizes)
        yield f"  pixels: {small} the smallest, {middle} the median, {large} the largest of {domain.opened:,} opened"
    yield from (f"  {note.removeprefix(f'{domain.name}: ')}" for note in domain.notes)
    if domain.unreadable:
        yield f"  cannot be read, left out: {len(domain.unreadable):,}"
        yield from (f"    {line}" for line in first_few(domain.unreadable))
    if domain.incomplete:
        yield f"  lack their last bytes: {len(domain.incomplete):,}{_listed(domain.incomplete)}"
    for reason, names in by_reason(domain.ignored).items():
        yield f"  left out, {reason}: {len(names):,}{_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return f" ({shown}{', ...' if names[MOST_NAMES:] else ''})" if names else ""
