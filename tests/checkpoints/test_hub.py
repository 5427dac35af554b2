from pathlib import Path

import pytest
from huggingface_hub import constants

from isra_model.checkpoints import CheckpointError, read_checkpoint
from isra_model.checkpoints.folders import find_model
from isra_model.checkpoints.hub import HubError, HubId
from isra_model.cli.train import with_start
from isra_model.training.config import TrainConfig
from tests.checkpoints.conftest import files_of
from tests.checkpoints.hub_stand_in import Repository, StandIn

NAME = "someone/squares"


def test_an_id_names_a_repository_a_model_in_it_and_a_revision() -> None:
    assert HubId.parse("someone/squares") == HubId(NAME)
    assert HubId.parse("someone/squares/ba3us@v1") == HubId(NAME, "ba3us", "v1")
    assert HubId.parse("someone/squares", "v1") == HubId.parse("someone/squares@v1")
    assert str(HubId(NAME, "ba3us", "v1")) == "someone/squares/ba3us@v1"


@pytest.mark.parametrize(
    "text", ["squares", "someone/../secrets", "/etc/passwd", "a/b/c/d", "someone/squares@", "a b/c"]
)
def test_what_is_neither_a_folder_nor_an_id_is_said_to_be_so(text: str) -> None:
    with pytest.raises(HubError, match="There is no folder"):
        find_model(text, "ba3us-isra")


def test_a_pinned_revision_stays_the_same_when_the_repository_goes_on(hub: StandIn, model_folder: Path) -> None:
    first = hub.repository(NAME, files_of(model_folder))
    hub.repository(NAME, {"metrics.json": b"{}"})

    pinned = read_checkpoint(find_model(f"{NAME}@{first}", "ba3us-isra"))

    assert pinned.metrics["accuracy"] == 71.25
    assert pinned.training == read_checkpoint(model_folder).training


def test_an_id_without_a_revision_says_which_commit_it_is(hub: StandIn, model_folder: Path) -> None:
    commit = hub.repository(NAME, files_of(model_folder))

    with pytest.warns(UserWarning, match=f"this is {NAME}@{commit}"):
        find_model(NAME, "ba3us-isra")


def test_training_records_the_commit_that_it_starts_from(
    hub: StandIn, task_folder: Path, config: TrainConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = hub.repository(NAME, files_of(task_folder))

    recorded, folder = with_start(TrainConfig("squares", "day", "night", "ba3us", isra=config.isra, init=NAME))

    assert recorded.init == f"{NAME}/ba3us-isra@{commit}"
    assert folder is not None
    assert read_checkpoint(folder).training == config
    assert recorded.init in capsys.readouterr().out
    assert not any("gallery" in request for request in hub.requests)


def test_only_what_the_model_needs_is_fetched_and_no_pickle(hub: StandIn, task_folder: Path, tmp_path: Path) -> None:
    others = {"pytorch_model.bin": b"pickle", "ba3us-isra/optimiser.pt": b"pickle", "source-only/config.json": b"{}"}
    escaping = {"../../../escaped.json": b"{}", "gallery/../../../../escaped.webp": b""}
    commit = hub.repository(NAME, files_of(task_folder) | others | escaping)

    folder = find_model(NAME, "ba3us-isra", commit)

    asked = {request.split("/", 5)[-1] for request in hub.requests if "/resolve/" in request}
    assert asked == {
        *(f"ba3us-isra/{name}" for name in ("config.json", "metrics.json", "model.safetensors", "isra.safetensors")),
        *(f"gallery/{name}" for name in ("gallery.json", "images-0.webp", "ba3us-isra.safetensors")),
    }
    assert (folder.parent / "gallery" / "images-0.webp").read_bytes() == b"thumbnails"
    assert not list(tmp_path.rglob("escaped*"))


def test_a_gallery_cannot_name_a_file_outside_of_its_folder(hub: StandIn, task_folder: Path) -> None:
    listing = b'{"sprites": {"files": ["../../../../.bashrc"]}, "models": {}}'
    commit = hub.repository(NAME, files_of(task_folder) | {"gallery/gallery.json": listing})

    with pytest.raises(ValueError, match="outside of its folder"):
        find_model(NAME, "ba3us-isra", commit)


def test_a_weight_file_that_was_tampered_with_is_refused(hub: StandIn, model_folder: Path) -> None:
    files = files_of(model_folder)
    weights = bytearray(files["model.safetensors"])
    weights[-1] ^= 1
    commit = hub.repository(NAME, files | {"model.safetensors": bytes(weights)})

    with pytest.raises(
        HubError, match=r"model\.safetensors of .* is not the file .* `hf cache rm model/someone/squares`"
    ):
        find_model(NAME, "ba3us-isra", commit)


def test_what_was_fetched_before_needs_no_connection(
    hub: StandIn, task_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = hub.repository(NAME, files_of(task_folder))
    online = find_model(NAME, "ba3us-isra", commit)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    assert find_model(NAME, "ba3us-isra", commit) == online


def test_what_is_wrong_is_one_line_that_says_what_to_do(
    hub: StandIn, task_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = hub.repository(NAME, files_of(task_folder))
    hub.repositories["someone/secret"] = Repository(private=True)

    def message(path: str, revision: str | None = None) -> str:
        with pytest.raises(HubError) as caught:
            find_model(path, "ba3us", revision)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "no repository someone/circles that you may read: check the name" in message("someone/circles")
    assert f"{NAME} has no revision 'v9'" in message(NAME, "v9")
    assert "no model 'ba3us': it has ba3us-isra" in message(NAME, commit)
    assert "differ" in message(f"{NAME}@v1", "v2")

    monkeypatch.setenv("HF_TOKEN", "hf_expired")
    assert "log in anew with `hf auth login`, or correct HF_TOKEN" in message("someone/circles")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
    assert "log in with `hf auth login` if it is private" in message("someone/secret")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in message("someone/circles")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert "The Hub cannot be reached" in message("someone/circles")


def test_another_librarys_model_is_refused_in_one_line(hub: StandIn) -> None:
    commit = hub.repository("someone/vit", {"config.json": b'{"architectures": ["ViT"]}', "model.safetensors": b"..."})

    with pytest.raises(CheckpointError, match="was written by another version"):
        read_checkpoint(find_model("someone/vit", "ba3us-isra", commit))


@pytest.mark.parametrize("model", ["../secrets", "*", ""])
def test_a_models_name_is_a_folders_name(model: str) -> None:
    with pytest.raises(HubError, match="no model's name"):
        find_model(NAME, model)


def test_a_folder_has_no_revisions(model_folder: Path) -> None:
    with pytest.raises(ValueError, match="has no revisions"):
        find_model(model_folder, "ba3us-isra", "v1")
