"""The Hugging Face Hub: fetch a model at a revision, publish files as one commit, and say in one line what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi, get_token, snapshot_download
from huggingface_hub.errors import (  # type: ignore[attr-defined]  # HTTPError is that of the client's httpx
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from isra_model.checkpoints.store import ISRA_WEIGHTS, WEIGHTS, CheckpointError
from isra_model.files import sha256

CONFIG = "config.json"
MODEL_FILES = (CONFIG, "metrics.json", WEIGHTS, ISRA_WEIGHTS)
MAIN = "main"
_NAME = r"\w[\w.-]*"
_ID = re.compile(rf"(?P<repository>{_NAME}/{_NAME})(/(?P<model>{_NAME}))?(@(?P<revision>\w[\w./-]*))?", re.ASCII)


class HubError(CheckpointError):
    """Something that could not be fetched from the Hub or published there; the message says what to do."""


@dataclass(frozen=True)
class HubId:
    """``owner/name[/model][@revision]``: a repository on the Hub, the model's folder in it, and at which revision.

    Attributes
    ----------
    revision : str | None
        A branch, a tag or, to have the same files for ever, a commit's 40 digits; the main branch if None.
    """

    repository: str
    model: str | None = None
    revision: str | None = None

    @classmethod
    def parse(cls, text: str, revision: str | None = None) -> HubId:
        """Return the id that ``text`` is; ``revision`` may be given apart.

        Raises
        ------
        HubError
            If it is none, or names another revision.
        """
        match = _ID.fullmatch(text)
        if not match:
            raise HubError(f"There is no folder {text}, nor is that a model of the Hub: those are owner/name@revision.")
        found = cls(**match.groupdict())
        if revision and found.revision not in (None, revision):
            raise HubError(f"{text} and the revision '{revision}' differ: give one of the two.")
        return replace(found, revision=found.revision or revision)

    def __str__(self) -> str:
        name = f"{self.repository}/{self.model}" if self.model else self.repository
        return f"{name}@{self.revision}" if self.revision else name


def pinned_id(text: str | None) -> HubId | None:
    """Return the id with a commit that ``text`` is, as `fetch_model` returns it; None for anything else."""
    match = _ID.fullmatch(text or "")
    return HubId(**match.groupdict()) if match and re.fullmatch("[0-9a-f]{40}", match["revision"] or "") else None


def fetch_model(wanted: HubId, model: str, beside: Sequence[str] = ()) -> tuple[Path, HubId]:
    """Return the local folder of a model on the Hub, and its id with the commit that its revision stands for.

    The model is the repository itself, or the folder in it that ``wanted`` or else ``model`` names. Only its own
    files are fetched, and those ``beside`` it where they exist: JSON and safetensors, by their exact names.

    Raises
    ------
    HubError
        If it is not there or cannot be had, or a weight file is not the one that its configuration describes.
    """
    inside = wanted.model or model
    if not re.fullmatch(_NAME, inside):
        raise HubError(f"'{inside}' is no model's name: give that of a folder in {wanted.repository}.")
    places = [f"{inside}/"] if wanted.model else ["", f"{inside}/"]
    root = fetch_files(wanted, [*(place + name for place in places for name in MODEL_FILES), *beside])
    found = replace(wanted, revision=root.name)
    for place in places:
        folder = root / place
        if (folder / CONFIG).is_file():
            _check_weights(folder, found)
            return folder, found if place == "" else replace(found, model=inside)
    raise HubError(f"{found} has no model '{inside}': {_models(found)}.")


def fetch_files(wanted: HubId, names: Sequence[str]) -> Path:
    """Return the local copy of a repository, named after its commit, with those of the files that it has.

    Raises
    ------
    HubError
        If the repository or the revision is not there, or cannot be reached and was not fetched before.
    """
    offline = f"There is no folder {wanted}, nor was that fetched before, and HF_HUB_OFFLINE is set: check the name, "
    with _explained(wanted, offline + "or unset it where there is a connection."):
        return Path(snapshot_download(wanted.repository, revision=wanted.revision, allow_patterns=list(names)))


def publish(
    upload: Mapping[str, Path | bytes], goal: HubId, message: str, *, space: bool = False, private: bool = False
) -> str:
    """Commit files to a repository, which is made if it is not there, and return the commit's address.

    Parameters
    ----------
    upload : Mapping[str, Path | bytes]
        File names in the repository, and for each the file here or its content.
    goal : HubId
        The repository; its revision is the branch to commit to, which is made if it is not there.
    private : bool
        Refuse a repository that others can read.

    Raises
    ------
    HubError
        If there is no token, it may not write there, or the Hub cannot be reached.
    """
    token = get_token()
    if token is None:
        raise HubError("Publishing needs a token that may write: run `hf auth login`, or set HF_TOKEN.")
    api, kind, branch = HfApi(token=token), "space" if space else "model", goal.revision or MAIN
    with _explained(goal, "HF_HUB_OFFLINE is set: unset it to publish, or write the upload to a folder: `dry_run`."):
        sdk = "gradio" if space else None
        api.create_repo(goal.repository, repo_type=kind, private=private, space_sdk=sdk, exist_ok=True)
        if private and not api.repo_info(goal.repository, repo_type=kind).private:
            raise HubError(f"{goal.repository} is public already: make it private on its page, or publish elsewhere.")
        if branch != MAIN:
            api.create_branch(goal.repository, repo_type=kind, branch=branch, exist_ok=True)
        files = [CommitOperationAdd(name, content) for name, content in upload.items()]
        commit = api.create_commit(goal.repository, files, commit_message=message, repo_type=kind, revision=branch)
    return commit.commit_url


def _check_weights(folder: Path, found: HubId) -> None:
    for name, digest in json.loads((folder / CONFIG).read_text(encoding="utf-8")).get("sha256", {}).items():
        file = folder / name
        if name in MODEL_FILES and file.is_file() and sha256(file) != digest:
            raise HubError(
                f"{name} of {found} is not the file that its config.json describes. Remove the copy here with "
                f"`hf cache rm model/{found.repository}` and fetch it again; if that does not help, do not use it."
            )


def _models(found: HubId) -> str:
    """Return which models a repository has, in words."""
    with _explained(found, "HF_HUB_OFFLINE is set: unset it to see which there are."):
        files = HfApi().list_repo_files(found.repository, revision=found.revision)
    names = sorted(Path(file).parent.name for file in files if file.count("/") == 1 and Path(file).name == CONFIG)
    return f"it has {', '.join(names)}" if names else "it has none of ISRA Studio's"


@contextmanager
def _explained(what: HubId, offline: str) -> Iterator[None]:
    """Turn what goes wrong with the Hub into one line that says what to do: ``offline`` where it may not be asked."""
    try:
        yield
    except HubError:
        raise
    except (HTTPError, OSError, RuntimeError, ValueError) as error:
        raise HubError(_explanation(error, what, offline)) from error


def _explanation(error: BaseException, what: HubId, offline: str) -> str:
    repository = what.repository
    match _cause(error):
        case OfflineModeIsEnabled():
            return offline
        case GatedRepoError():
            return f"{repository} is gated: ask for access on its page, then log in with `hf auth login`."
        case RepositoryNotFoundError():
            return (
                f"There is no folder {what}, and the Hub has no repository {repository} that you may read: "
                "check the name, or log in with `hf auth login` if it is private."
            )
        case RevisionNotFoundError():
            return f"{repository} has no revision '{what.revision}': give one of its branches, tags or commits."
        case HfHubHTTPError(response=response) if response.status_code == 401:
            return "The Hub does not know your token: log in anew with `hf auth login`, or correct HF_TOKEN."
        case HfHubHTTPError(response=response) if response.status_code == 403:
            return f"Your token may not write to {repository}: use a name of your own, or a token that may write."
        case HfHubHTTPError() | ValueError() as refused:
            return f"The Hub refused {what}: {_one_line(refused)}"
        case LocalEntryNotFoundError() | HTTPError():
            return f"The Hub cannot be reached for {what}: check the name and the connection, and try again."
        case other:
            return f"{what}: {_one_line(other)}"


def _cause(error: BaseException) -> BaseException:
    """Return what lies behind an error of the client, which tells of the cache where the connection failed."""
    while isinstance(error, LocalEntryNotFoundError | RuntimeError) and error.__cause__:
        error = error.__cause__
    return error


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
