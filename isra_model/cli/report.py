"""``python -m isra_model report``."""

from __future__ import annotations

from dataclasses import dataclass

from isra_model.cli.paths import checkout


@dataclass(frozen=True)
class Report:
    """Write the recorded numbers into the README, the pages of docs/ and the model cards of this checkout."""

    def run(self) -> None:
        """Write them."""
        from isra_model.documents.report import write_report

        write_report(checkout())
