"""``python -m isra_model findings``."""

from __future__ import annotations

from dataclasses import dataclass

from isra_model.cli.paths import checkout


@dataclass(frozen=True)
class Findings:
    """Write the tables and figures of docs/findings.md from the recorded runs (needs the extra 'figures')."""

    def run(self) -> None:
        """Write them."""
        from isra_model.documents.findings import write_findings

        write_findings(checkout())
