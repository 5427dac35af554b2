"""Publishing: what is sent is what a dry run writes, and what comes back is the model that was sent."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from huggingface_hub import ModelCard

from isra_model.checkpoints import read_checkpoint, write_card
from isra_model.checkpoints.hub import HubError, HubId, publish
from isra_model.checkpoints.uploads import (
    Upload,
    check_committed,
    folder_upload,
    space_upload,
    upload_summary,
    write_upload,
)
from isra_model.cli import main
from isra_model.files import write_json
from isra_model.inspection import Inspector
from tests.checkpoints.conftest import METRICS, files_of
from tests.checkpoints.hub_stand_in import TOKEN, Repository, StandIn

ROOT = Path(__file__).parents[2]
NAME = "someone/squares"
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def upload(task_folder: Path) -> Upload:
    return folder_upload(task_folder, NAME)


def test_a_model_comes_back_from_the_hub_as_it_was_published(hub: StandIn, model_folder: Path) -> None:
    address = publish(folder_upload(model_folder, NAME), HubId(NAME), "Publish")
    commit = hub.repositories[NAME].branches["main"]

    back = Inspector.from_pretrained(NAME, revision=commit).checkpoint

    assert address == f"{hub.url}/{NAME}/commit/{commit}"
    assert back.metrics == METRICS
    assert back.isra is not None
    for name, value in read_checkpoint(model_folder).network.state_dict().items():
        torch.testing.assert_close(back.network.state_dict()[name], value)


def test_a_dry_run_writes_exactly_what_is_sent(hub: StandIn, upload: Upload, tmp_path: Path) -> None:
    write_upload(upload, tmp_path / "dry")
    publish(upload, HubId(NAME), "Publish")

    sent = hub.repositories[NAME].files("main")
    assert files_of(tmp_path / "dry") == {name: content for name, content in sent.items() if name != ".gitattributes"}
    assert set(sent) >= {"README.md", "ba3us-isra/model.safetensors", "gallery/images-0.webp"}


def test_a_dry_run_does_not_mix_with_what_lies_in_its_folder(upload: Upload, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError, match="not empty"):
        write_upload(upload, tmp_path)


def test_a_runs_state_and_snapshots_stay_at_home(model_folder: Path) -> None:
    (model_folder / "state.safetensors").write_bytes(b"")
    (model_folder / "snapshots").mkdir()
    (model_folder / "snapshots" / "step-000010.safetensors").write_bytes(b"")

    names = set(folder_upload(model_folder, NAME))

    assert names == {"README.md", "config.json", "metrics.json", "model.safetensors", "isra.safetensors"}


def test_the_gallery_whose_thumbnails_are_images_can_be_left_out(task_folder: Path) -> None:
    names = folder_upload(task_folder, NAME, gallery=False)

    assert not any(name.startswith("gallery") for name in names)
    assert b"thumbnails" not in names["README.md"]


def test_the_card_holds_the_evaluation_as_the_hub_reads_it(upload: Upload) -> None:
    for name in ("README.md", "ba3us-isra/README.md"):
        card = ModelCard(upload[name].decode())
        assert card.data.library_name == "isra-model"
        assert [(r.task_type, r.dataset_type, r.dataset_config) for r in card.data.eval_results] == [
            ("image-classification", "squares", "day-to-night")
        ] * 2
        assert {result.metric_name: result.metric_value for result in card.data.eval_results} == {
            "Transductive accuracy": 71.25,
            "Held-out accuracy": 60.5,
        }
        assert 'Inspector.from_pretrained("someone/squares", model="ba3us-isra")' in card.text


def test_a_card_names_no_held_out_images_where_none_were_held_out(model_folder: Path) -> None:
    metrics = METRICS | {"images": {"source": 32, "target": 16, "heldout": 16}}
    write_json(model_folder / "metrics.json", metrics)
    write_card(read_checkpoint(model_folder), [])

    card = (model_folder / "README.md").read_text()
    assert "71.2 % of 16 images" in card
    assert not any(words in card for words in ("held-out", "Held-out", "60.5"))


def test_a_card_reads_the_model_from_where_it_lies_and_on_the_hub_from_there(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model_folder.parents[1])
    write_card(read_checkpoint(Path("squares-day-to-night/ba3us-isra")), [])

    assert 'from_pretrained("squares-day-to-night/ba3us-isra")' in (model_folder / "README.md").read_text()
    assert f'from_pretrained("{NAME}")' in bytes(folder_upload(model_folder, NAME)["README.md"]).decode()


def test_the_cards_say_what_the_targets_images_were(task_folder: Path) -> None:
    terms = "Photographs of *Night Shots 3*, for research only."
    (task_folder / "IMAGES.md").write_text(f"# Target images\n\n{terms}\n")
    write_card(read_checkpoint(task_folder / "ba3us-isra"), [])
    for name, card in folder_upload(task_folder, NAME).items():
        if name.endswith("README.md"):
            assert f"## The target's images\n\n{terms}\n\n## " in bytes(card).decode()


def test_a_changed_weight_file_is_not_published(model_folder: Path) -> None:
    (model_folder / "model.safetensors").write_bytes(b"another")

    with pytest.raises(ValueError, match="not the file that was written"):
        folder_upload(model_folder, NAME)


def test_a_branch_is_made_for_a_revision_and_main_stays(hub: StandIn, upload: Upload) -> None:
    publish(upload, HubId(NAME, revision="trial"), "Publish")

    assert set(hub.repositories[NAME].files("main")) == {".gitattributes"}
    assert "README.md" in hub.repositories[NAME].files("trial")


def test_private_means_private(hub: StandIn, upload: Upload) -> None:
    publish(upload, HubId(NAME), "Publish", private=True)
    assert hub.repositories[NAME].private

    hub.repositories["someone/open"] = Repository()
    hub.repository("someone/open", {})
    with pytest.raises(HubError, match="is public already"):
        publish(upload, HubId("someone/open"), "Publish", private=True)
    assert hub.repositories["someone/open"].files("main") == {}


def test_what_keeps_from_publishing_is_one_line(hub: StandIn, upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    def message(name: str = NAME) -> str:
        with pytest.raises(HubError) as caught:
            publish(upload, HubId(name), "Publish")
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "may not write to another/squares" in message("another/squares")
    monkeypatch.setenv("HF_TOKEN", "hf_expired")
    assert "The Hub does not know your token" in message()
    monkeypatch.delenv("HF_TOKEN")
    assert "run `hf auth login`, or set HF_TOKEN" in message()
    assert hub.repositories == {}


@needs_git
def test_the_space_is_what_git_tracks_of_the_app_and_nothing_else() -> None:
    upload = space_upload(ROOT)

    assert {"app.py", "README.md", "requirements.txt", "LICENSE", "isra_model/__init__.py"} <= set(upload)
    assert {"assets/office-icons/ATTRIBUTION.csv", "results/office-icons/runs.jsonl"} <= set(upload)
    assert not [name for name in upload if name.startswith(("tests", ".")) or name.endswith(".parquet")]
    assert not [name for name in upload if "__pycache__" in name or "state.safetensors" in name]
    assert max(file.stat().st_size for file in upload.values() if isinstance(file, Path)) < 10_000_000


@needs_git
def test_a_space_that_differs_from_its_commit_is_not_published(tmp_path: Path) -> None:
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    check_committed(tmp_path)
    (tmp_path / "app.py").write_text("import new")

    with pytest.raises(ValueError, match=r"Commit first: app\.py and 0 more"):
        check_committed(tmp_path)


def test_a_space_without_git_says_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(ValueError, match="install git"):
        space_upload(ROOT)


def test_a_space_is_published_as_a_gradio_app(hub: StandIn) -> None:
    address = publish({"app.py": b"pass"}, HubId("someone/studio"), "Publish", space=True)

    assert address.startswith(f"{hub.url}/spaces/someone/studio/commit/")
    assert hub.repositories["spaces/someone/studio"].files("main")["app.py"] == b"pass"
    assert hub.repositories["spaces/someone/studio"].sdk == "gradio"


def test_the_summary_reports_every_top_folder_and_the_whole() -> None:
    lines = upload_summary({"README.md": bytes(500_000), "a/x": bytes(1_000_000), "a/y": bytes(1_000_000)}).splitlines()

    assert [line.split() for line in lines] == [
        ["README.md", "1", "file", "0.50", "MB"],
        ["a/", "2", "files", "2.00", "MB"],
        ["in", "all", "3", "files", "2.50", "MB"],
    ]


def test_the_command_line_publishes_and_fetches_with_the_environments_settings(
    hub: StandIn, model_folder: Path, tmp_path: Path
) -> None:
    environment = {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_OFFLINE": "0",
        "HF_TOKEN": TOKEN,
    }
    image = ROOT / "assets" / "examples" / "mug-drawn.png"
    commands = (
        f"main(['publish', {str(model_folder)!r}, '{NAME}']) or main(['inspect', '{NAME}', '--image', '{image}'])"
    )

    done = subprocess.run(
        [sys.executable, "-c", f"from isra_model.cli import main; raise SystemExit({commands})"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert f"/{NAME}/commit/{hub.repositories[NAME].branches['main']}" in done.stdout
    assert "names no licence" in done.stdout
    assert '"predictions"' in done.stdout
    assert "names no revision; this is" in done.stderr


def test_publish_tells_a_user_what_can_be_mended(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", "no-such-folder", NAME]) == 2
    assert "holds no trained model" in capsys.readouterr().err
    assert main(["publish", "no-such-folder", "someone/squares/ba3us"]) == 2
    assert "is no repository's name" in capsys.readouterr().err
