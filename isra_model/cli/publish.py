"""``python -m isra_model publish``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro
from huggingface_hub import ModelCard

from isra_model.checkpoints.hub import HubError, HubId, publish
from isra_model.checkpoints.uploads import (
    CARD,
    check_committed,
    content_of,
    folder_upload,
    space_upload,
    upload_summary,
    write_upload,
)
from isra_model.cli.paths import ROOT
from isra_model.training.version import commit

SPACE = "space"


@dataclass(frozen=True)
class Publish:
    """Upload a model, a task's models with their gallery, or the app to the Hugging Face Hub, as one commit.

    The token comes from `hf auth login` or HF_TOKEN. Files that the repository has and the upload has not stay there.

    Attributes
    ----------
    what : tyro.conf.Positional[str]
        A model's folder, a task's folder, or "space": the app with all shipped checkpoints.
    repository : tyro.conf.Positional[str]
        owner/name; made if it is not there.
    revision : str | None
        The branch to commit to, main if left out; made if it is not there.
    private : bool
        Make the repository private, and refuse one that is public.
    gallery : bool
        Publish a task's gallery too, which shows thumbnails of its training images.
    dry_run : Path | None
        Write the exact upload to this folder instead of sending it.
    """

    what: tyro.conf.Positional[str]
    repository: tyro.conf.Positional[str]
    revision: str | None = None
    private: bool = False
    gallery: bool = True
    dry_run: Path | None = None

    def run(self) -> None:
        """Gather the upload, and send it or write it to a folder."""
        if self.repository.partition("@")[0].count("/") != 1:
            raise HubError(f"{self.repository} is no repository's name: those are owner/name.")
        space, goal = self.what == SPACE, HubId.parse(self.repository, self.revision)
        if space:
            upload = space_upload(ROOT)
        else:
            upload = folder_upload(Path(self.what), goal.repository, gallery=self.gallery)
            if ModelCard(content_of(upload[CARD]).decode()).data.get("license") is None:
                print(f"{CARD} names no licence: add 'license: ...' at its top, so that others may use the model.")
        print(upload_summary(upload))
        if self.dry_run:
            write_upload(upload, self.dry_run)
            print(f"Nothing was sent: {self.dry_run} holds what {goal} would get.")
        else:
            if space:
                check_committed(ROOT)
            message = f"Upload {self.what if space else Path(self.what).name} with ISRA Studio {commit()}"
            print(publish(upload, goal, message, space=space, private=self.private))
