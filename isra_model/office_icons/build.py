"""Build Office-Icons from the pinned icon sets: the same inputs make the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from isra_model.files import sha256
from isra_model.office_icons.attribution import write_attribution
from isra_model.office_icons.candidates import render_candidates
from isra_model.office_icons.card import Summary, write_card
from isra_model.office_icons.contact_sheets import write_contact_sheets
from isra_model.office_icons.digest import write_digest
from isra_model.office_icons.domains import Domain
from isra_model.office_icons.icons import Icon, read_icon_sets, read_icons
from isra_model.office_icons.names import ClassNames, read_class_names
from isra_model.office_icons.overview import write_overview
from isra_model.office_icons.package import fetch_package
from isra_model.office_icons.parquet import Row, write_parquet
from isra_model.office_icons.reinking import measure_reinking
from isra_model.office_icons.selection import Candidate, select
from isra_model.office_icons.split import Cell, choose_heldout
from isra_model.office_icons.tables import read_exclusions

TARGET_CLASSES = 25


@dataclass(frozen=True)
class BuildConfig:
    """What the builder reads and where it writes.

    Attributes
    ----------
    output : Path
        Folder of the Parquet files, the card, the attribution and the digest.
    iconify : Path | None
        An unpacked `@iconify/json`; fetched with npm where it is `None`.
    cache : Path
        Where the fetched package is kept.
    contact_sheets : Path | None
        Folder for one sheet of tiles a class, for review; none are drawn where it is `None`.
    """

    output: Path = Path("assets/office-icons")
    iconify: Path | None = None
    cache: Path = Path.home() / ".cache" / "isra-model" / "office-icons"
    contact_sheets: Path | None = None


def build_office_icons(config: BuildConfig) -> None:
    """Build the dataset: a Parquet file a domain, its card, overview, attribution and digest.

    Raises
    ------
    PackageError
        If the icon package cannot be fetched or is not the pinned one.
    """
    package = config.iconify or fetch_package(config.cache)
    class_names = read_class_names()
    candidates = render_candidates(read_all_icons(package, class_names))
    chosen = select(candidates)
    if config.contact_sheets is not None:
        write_contact_sheets(config.contact_sheets, chosen)
    heldout = heldout_families(chosen, class_names.classes)
    config.output.mkdir(parents=True, exist_ok=True)
    files = write_domains(config.output, chosen, heldout, class_names.classes)
    write_overview(config.output / "overview.png", chosen)
    write_attribution(config.output / "ATTRIBUTION.csv", chosen)
    write_digest(config.output / "digest.json", files)
    summary = Summary(
        classes=class_names.classes,
        chosen=chosen,
        heldout=heldout,
        candidates=len(candidates),
        exclusions=read_exclusions(),
        before=measure_reinking(candidates),
        after=measure_reinking(chosen),
        digests={file.name: sha256(file) for file in files},
    )
    write_card(config.output / "README.md", summary)


def write_domains(
    folder: Path, chosen: Sequence[Candidate], heldout: frozenset[str], classes: Sequence[str]
) -> list[Path]:
    """Write one Parquet file a domain and return their paths."""
    paths = [folder / f"{domain.lower()}.parquet" for domain in Domain]
    for domain, path in zip(Domain, paths, strict=True):
        rows = [_row(item, classes, heldout) for item in chosen if item.domain == domain]
        write_parquet(path, rows, classes)
    return paths


def read_all_icons(package: Path, class_names: ClassNames) -> list[Icon]:
    """Read every icon of a class from the permitted sets, without those taken out by hand."""
    excluded = read_exclusions()
    icons = [icon for icon_set in read_icon_sets(package) for icon in read_icons(package, icon_set, class_names)]
    return [icon for icon in icons if icon.key not in excluded]


def heldout_families(chosen: Sequence[Candidate], classes: Sequence[str]) -> frozenset[str]:
    """Choose the families whose images are held out in every domain."""
    cells = [Cell(item.family, item.domain, item.icon.class_name) for item in chosen]
    return choose_heldout(cells, classes[:TARGET_CLASSES])


def _row(item: Candidate, classes: Sequence[str], heldout: frozenset[str]) -> Row:
    return Row(
        png=item.png,
        label=classes.index(item.icon.class_name),
        icon_set=item.icon.icon_set.prefix,
        icon_name=item.icon.name,
        licence=item.icon.icon_set.licence,
        split="heldout" if item.family in heldout else "train",
    )
