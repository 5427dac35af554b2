"""``python -m isra_model data``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from isra_model.cli.paths import ROOT


@dataclass(frozen=True)
class Data:
    """Build the dataset that ships with the project from its pinned icon sets.

    Attributes
    ----------
    what : tyro.conf.Positional[Literal["build-office-icons"]]
        "build-office-icons".
    output : Path
        Folder of the Parquet files, card, attribution and digest.
    iconify : Path | None
        An unpacked @iconify/json; fetched with npm if left out.
    contact_sheets : Path | None
        Folder for one sheet of tiles a class, for review.
    """

    what: tyro.conf.Positional[Literal["build-office-icons"]]
    output: Path = ROOT / "assets" / "office-icons"
    iconify: Path | None = None
    contact_sheets: Path | None = None

    def run(self) -> None:
        """Build the dataset."""
        from isra_model.office_icons.build import BuildConfig, build_office_icons

        config = BuildConfig(output=self.output, iconify=self.iconify, contact_sheets=self.contact_sheets)
        build_office_icons(config)
