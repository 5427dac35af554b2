"""Each fault that may befall a run: it goes on or stops with one line, nothing is lost, no file is half written."""

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from isra_model.cli import main
from isra_model.data.benchmark import BenchmarkError, Task
from isra_model.training.config import TrainConfig
from isra_model.training.engine import Engine, train
from isra_model.training.faults import Terminated, Termination, TrainingError
from isra_model.training.images import decode_task
from isra_model.training.log import read_log

TINY = [
    "--network.backbone=test_efficientnet",
    "--network.no-pretrained",
    "--network.bottleneck=8",
    "--preprocessing.resize=48",
    "--preprocessing.crop=40",
    "--optimisation.batch-size=4",
    "--evaluations=2",
]


def weights(config: TrainConfig, task: Task, folder: Path, *, resume: bool = False) -> dict[str, Tensor]:
    return train(config, task, folder, resume=resume).trainee.state_dict()


def assert_identical(first: dict[str, Tensor], second: dict[str, Tensor]) -> None:
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def half_written(folder: Path) -> list[Path]:
    return list(folder.rglob("*.tmp"))


def before_step(monkeypatch: pytest.MonkeyPatch, step: int, happens: Callable[[], None]) -> None:
    """Let something happen once, when a run comes to ``step``."""
    take_step = Engine.step
    fired = False

    def patched(engine: Engine):
        nonlocal fired
        if engine.progress.step == step and not fired:
            fired = True
            happens()
        return take_step(engine)

    monkeypatch.setattr(Engine, "step", patched)


def test_a_second_run_in_the_same_folder_is_refused_until_the_first_ends(
    config: TrainConfig, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = weights(config, task, tmp_path / "alone")

    def start_another() -> None:
        with pytest.raises(TrainingError, match="Another run is writing to"):
            train(replace(config, seed=1), task, tmp_path / "run")

    before_step(monkeypatch, 4, start_another)
    assert_identical(weights(config, task, tmp_path / "run"), undisturbed)
    train(replace(config, seed=1), task, tmp_path / "run")


def told_to_stop(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two domains of two classes each."""
    for domain, ground in (("day", 200), ("night", 30)):
        for label, colour in (("green", (0, 255, 0)), ("red", (255, 0, 0))):
            folder = tmp_path / "images" / domain / label
            folder.mkdir(parents=True)
            for index in range(4):
                image = Image.new("RGB", (48, 48), (ground, ground, ground))
                image.paste(colour, (8 + index, 8, 36, 36))
                image.save(folder / f"{index}.png")
    return tmp_path / "images"


def arguments(tree: Path, *more: str) -> list[str]:
    return ["train", "--benchmark=tree", f"--data={tree}", "--source=day", "--target=night", "--steps=4", *more, *TINY]


def test_a_run_killed_again_and_again_ends_with_the_same_bits(tmp_path: Path) -> None:
    script = Path(__file__).with_name("killing.py")
    subprocess.run([sys.executable, script, tmp_path, "6"], env=os.environ | {"OMP_NUM_THREADS": "1"}, check=True)

    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    assert_identical(load_file(undisturbed / "state.safetensors"), load_file(killed / "state.safetensors"))
    kept = [file.name for file in (undisturbed / "contenders").iterdir()]
    assert kept == [file.name for file in (killed / "contenders").iterdir()]
    for name in kept:
        assert_identical(load_file(undisturbed / "contenders" / name), load_file(killed / "contenders" / name))
    assert read_log(undisturbed / "log.jsonl") == read_log(killed / "log.jsonl")
    assert not half_written(killed)


def test_sigterm_saves_after_the_step_and_the_run_goes_on_to_the_same_bits(
    config: TrainConfig, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = weights(config, task, tmp_path / "undisturbed")
    before_step(monkeypatch, 4, told_to_stop)
    handler = signal.getsignal(signal.SIGTERM)

    with pytest.raises(Terminated, match="at step 5, and saved; `resume`"):
        train(config, task, tmp_path / "stopped")
    assert signal.getsignal(signal.SIGTERM) == handler
    assert_identical(undisturbed, weights(config, task, tmp_path / "stopped", resume=True))


@pytest.fixture
def _listening() -> Iterator[None]:
    """Hear Ctrl-C as in a terminal: what a shell starts in the background ignores it."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.mark.usefixtures("_listening")
@pytest.mark.parametrize(("number", "name", "code"), [(signal.SIGTERM, "SIGTERM", 143), (signal.SIGINT, "Ctrl-C", 130)])
def test_a_command_that_is_told_to_stop_saves_and_says_how_to_go_on(
    tree: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
    name: str,
    code: int,
) -> None:
    before_step(monkeypatch, 1, lambda: told_to_stop(number))

    assert main(arguments(tree, f"--output={tmp_path}")) == code
    line = f"isra_model: Stopped by {name} at step 2, and saved; --resume goes on from there."
    assert capsys.readouterr().err.splitlines()[-1] == line
    assert (tmp_path / "state.safetensors").exists()


@pytest.mark.usefixtures("_listening")
def test_a_second_ctrl_c_stops_at_once() -> None:
    with Termination(SimpleNamespace(num_processes=1)) as termination:
        os.kill(os.getpid(), signal.SIGINT)
        assert termination.due(1)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_what_cannot_be_gone_on_with_is_one_line_before_anything_is_replaced(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("isra_model.cli.train.train", lambda *_, **__: pytest.fail("it trained"))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")

    assert main(arguments(tree, f"--output={tmp_path / 'model'}", "--resume")) == 2
    assert "holds a trained model and no state.safetensors to go on from" in capsys.readouterr().err
    assert main(arguments(tree, f"--output={tmp_path / 'model' / 'config.json' / 'deeper'}")) == 2
    assert "config.json is a file: give --output the name of a folder" in capsys.readouterr().err


def test_a_batch_of_one_is_one_line_where_batch_norm_needs_two(config: TrainConfig, task: Task, tmp_path: Path) -> None:
    small = replace(config, method="shot", isra=None, optimisation=replace(config.optimisation, batch_size=1))

    with pytest.raises(TrainingError, match="Batch norm needs two images at a time: raise `optimisation.batch_size`"):
        train(small, task, tmp_path)


def test_no_process_stops_alone() -> None:
    first = Termination(SimpleNamespace(num_processes=2, device="cpu", reduce=lambda heard: heard + 0.5))
    alone = Termination(SimpleNamespace(num_processes=1))
    alone.heard = True

    assert alone.due(3)
    assert not first.due(3)
    assert first.due(10)


@dataclass
class Disk:
    """A place for a run whose disk can be filled and freed."""

    folder: Path
    fill: Callable[[], None]
    free: Callable[[], None]


@pytest.fixture(params=["real", "stand-in"])
def disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if request.param == "stand-in":

        def no_space(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            yield Disk(folder / "run", lambda: patch.setattr("os.fsync", no_space), patch.undo)
        return
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64M", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    ballast = folder / "ballast"

    def fill() -> None:
        free = os.statvfs(folder)
        ballast.write_bytes(bytes(free.f_bavail * free.f_frsize - 40_000))

    yield Disk(folder / "run", fill, ballast.unlink)
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_stops_the_run_and_leaves_the_last_state_whole(
    config: TrainConfig, task: Task, tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = weights(config, task, tmp_path / "undisturbed")
    before_step(monkeypatch, 4, disk.fill)

    with pytest.raises(TrainingError, match="No space is left .* free some, .* `resume`.* whole"):
        train(config, task, disk.folder)
    assert not half_written(disk.folder)

    disk.free()
    assert_identical(undisturbed, weights(config, task, disk.folder, resume=True))


def test_a_full_gpu_is_one_line_that_names_settings_which_exist(
    config: TrainConfig, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = weights(config, task, tmp_path / "undisturbed")

    def too_large() -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    before_step(monkeypatch, 4, too_large)
    with pytest.raises(TrainingError, match="lower `optimisation.batch_size`") as raised:
        train(config, task, tmp_path / "stopped")

    assert "\n" not in str(raised.value)
    for setting in re.findall(r"`optimisation\.([a-z_]+)`", str(raised.value)):
        assert hasattr(config.optimisation, setting)
    assert_identical(undisturbed, weights(config, task, tmp_path / "stopped", resume=True))


@pytest.mark.parametrize("memory", [2**30, 0], ids=["decoded at the start", "met in the middle of an epoch"])
def test_an_unreadable_image_is_named_and_the_run_goes_on(
    config: TrainConfig, task: Task, tmp_path: Path, memory: int
) -> None:
    day = task.benchmark.domains["day"]
    torn = replace(day, encoded=(*day.encoded[:7], day.encoded[7][:100], *day.encoded[8:]))
    task = replace(task, benchmark=replace(task.benchmark, domains=dict(task.benchmark.domains) | {"day": torn}))

    model = train(config, task, tmp_path, data=decode_task(task, config.preprocessing, memory))

    assert model.skipped == ("day:7: The image is damaged or incomplete: save or download it again.",)
    assert model.evaluations[-1]["evaluated_step"] == config.optimisation.steps


def test_a_source_class_of_unreadable_images_alone_is_named(config: TrainConfig, task: Task) -> None:
    day = task.benchmark.domains["day"]
    torn = tuple(image[:100] if label == 2 else image for image, label in zip(day.encoded, day.labels, strict=True))
    domains = dict(task.benchmark.domains) | {"day": replace(day, encoded=torn)}
    task = replace(task, benchmark=replace(task.benchmark, domains=domains))

    with pytest.raises(BenchmarkError, match="No image of class 'red' of 'day' can be read, e.g. day:2: The image"):
        decode_task(task, config.preprocessing)


def test_a_class_missing_from_the_source_is_one_line(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for domain in ("day", "night"):
        shutil.copytree(tree / domain / "green", tree / domain / "blue")
    shutil.rmtree(tree / "day" / "red")

    assert main(arguments(tree, f"--output={tmp_path / 'model'}")) == 2
    error = capsys.readouterr().err
    assert "domain 'day' has no image of class 'red'" in error
    assert error.count("\n") == 1


def test_a_source_of_one_class_is_one_line(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(tree / "day" / "red")

    assert main(arguments(tree, f"--output={tmp_path / 'model'}")) == 2
    error = capsys.readouterr().err
    assert "'day' has one class, 'green': adaptation needs two or more" in error
    assert error.count("\n") == 1


def test_weights_that_cannot_be_fetched_are_one_line(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def offline(*_: object, **__: object) -> None:
        raise LocalEntryNotFoundError("Cannot reach the Hub.")

    monkeypatch.setattr("timm.create_model", offline)
    command = ["train", "--preset=office-home", "--benchmark=tree", f"--data={tree}", "--source=day", "--target=night"]

    assert main([*command, f"--output={tmp_path / 'model'}"]) == 2
    error = capsys.readouterr().err
    assert "resnet50.tv_in1k could not be downloaded" in error
    assert "HF_HOME" in error
    assert error.count("\n") == 1
