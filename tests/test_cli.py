import errno
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from isra_model.checkpoints import read_checkpoint
from isra_model.cli import main
from isra_model.cli.train import Train, read_train
from isra_model.methods import method_names

OFFICE_ICONS = ["train", "--source", "solid", "--target", "line"]
NEW = [*OFFICE_ICONS, "--output", "never-written"]
TINY = [
    "--network.backbone=test_efficientnet",
    "--network.no-pretrained",
    "--network.bottleneck=8",
    "--isra.topics=4",
    "--preprocessing.resize=48",
    "--preprocessing.crop=40",
    "--optimisation.batch-size=4",
    "--evaluations=2",
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for domain, ground in (("day", 200), ("night", 30)):
        for label, colour in (("red", (255, 0, 0)), ("green", (0, 255, 0))):
            folder = tmp_path / "images" / domain / label
            folder.mkdir(parents=True)
            for index in range(4):
                image = Image.new("RGB", (48, 48), (ground, ground, ground))
                image.paste(colour, (8 + index, 8, 36, 36))
                image.save(folder / f"{index}.png")
    return tmp_path / "images"


def test_train_then_evaluate_and_inspect_a_folder_of_ones_own(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    model, record = Path("model"), tmp_path / "runs.jsonl"
    task = ["--benchmark", "tree", "--data", str(tree), "--source", "day", "--target", "night"]

    trained = main(["train", *task, "--isra", "--steps", "4", "--output", str(model), "--record", str(record), *TINY])
    assert trained == 0
    assert json.loads(record.read_text())["config"]["optimisation"]["steps"] == 4
    capsys.readouterr()

    assert main(["evaluate", str(model), "--data", str(tree)]) == 0
    metrics = json.loads((model / "metrics.json").read_text())
    assert json.loads(capsys.readouterr().out) == {"accuracy": metrics["accuracy"]}
    card = (model / "README.md").read_text()
    assert 'inspector = Inspector.from_pretrained("model")\n' in card
    assert not any(words in card for words in ("held-out", "All recorded runs"))

    (tree / "night" / "blue").mkdir()
    Image.new("RGB", (48, 48)).save(tree / "night" / "blue" / "0.png")
    (tree / "night" / "red").rename(tree / "night" / "Red")
    recognised = tmp_path / "recognised.jsonl"
    night = ["--data", str(tree / "night"), "--json", "--record", str(recognised), "--called", "squares"]
    assert main(["evaluate", str(model), *night]) == 0
    said, written = json.loads(capsys.readouterr().out), json.loads(recognised.read_text())
    assert said["first"] == written["first"] == {"right": round(metrics["accuracy"] * 8 / 100), "images": 8}
    assert (list(said["classes"]), said["left_out"]) == (["green", "red"], ["blue/: no class of the benchmark"])
    assert (written["data"], written["model"], written["task"]) == ("squares", "BA3US + ISRA", "day → night")
    (tree / "night" / "Red").rename(tree / "night" / "red")

    assert main(["inspect", str(model), "--image", str(tree / "night" / "red" / "0.png")]) == 0
    assert json.loads(capsys.readouterr().out)["predictions"][0]["label"] in {"red", "green"}
    report = ["--report", str(tmp_path / "report.html")]
    assert main(["inspect", str(model), "--image", str(tree / "night" / "red" / "0.png"), *report]) == 0
    assert (tmp_path / "report.html").read_text().count("<section>") == 3


def test_a_model_is_not_measured_on_images_of_other_classes(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, task = tmp_path / "model", ["--benchmark", "tree", "--data", str(tree), "--source", "day"]
    main(["train", *task, "--target", "night", "--isra", "--steps", "2", "--output", str(model), *TINY])
    for folder in tree.glob("*/red"):
        folder.rename(folder.with_name("violet"))

    for command in ("evaluate", "gallery", "topics", "looks"):
        capsys.readouterr()
        assert main([command, str(model), "--data", str(tree)]) == 2
        assert "of other classes than model's, such as 'red': give as --data those" in capsys.readouterr().err


def test_a_model_does_not_replace_files_that_are_no_models(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README.md").write_text("My project")
    task = ["--benchmark", "tree", "--data", str(tree), "--source", "day", "--target", "night"]

    assert main(["train", *task, "--steps", "2", "--output", str(tmp_path)]) == 2
    assert "holds a README.md that is no model's: give --output a folder of its own" in capsys.readouterr().err
    assert (tmp_path / "README.md").read_text() == "My project"


def test_topics_fitted_anew_are_kept_beside_the_training_and_change_no_prediction(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, task = tmp_path / "model", ["--benchmark", "tree", "--data", str(tree), "--source", "day"]
    main(["train", *task, "--target", "night", "--isra", "--steps", "2", "--output", str(model), *TINY])
    before, network = read_checkpoint(model), (model / "model.safetensors").read_bytes()
    sizes = ["--settings.topics=6", "--settings.k=2", "--settings.hidden=8"]
    measured = ["topics", str(model), "--data", str(tree), "--looked-at", "2", "--tested", "1", "--json"]
    capsys.readouterr()

    assert main([*measured, "--keep"]) == 2
    assert "give --fit too" in capsys.readouterr().err
    assert main([*measured, "--fit", "2", "--keep", *sizes]) == 0

    after, printed = read_checkpoint(model), json.loads(capsys.readouterr().out)
    assert (model / "model.safetensors").read_bytes() == network
    assert after.training == before.training
    assert after.topics is not None
    assert {name: after.topics[name] for name in ("code", "topics", "k", "passes")} == {
        "code": "top-k",
        "topics": 6,
        "k": 2,
        "passes": 2,
    }
    assert after.metrics["topics"] == printed
    assert printed["active"]["value"] <= 2 / 6 + 1e-4
    assert len(after.metrics["receptor_r2"]) == 6
    assert "topics, on" in (model / "README.md").read_text()
    assert main(["topics", str(tmp_path), *measured[2:]]) == 0
    assert json.loads(capsys.readouterr().out) == printed


def test_a_target_without_labels_trains_and_no_accuracy_is_named(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for image in list((tree / "night").rglob("*.png")):
        image.rename(tree / "night" / f"{image.parent.name}-{image.name}")
    task = ["--benchmark", "tree", "--data", str(tree), "--source", "day", "--target", "night"]
    model = tmp_path / "model"

    assert main(["train", *task, "--isra", "--steps", "4", "--output", str(model), *TINY]) == 0
    assert main(["evaluate", str(model), "--data", str(tree)]) == 0
    assert main(["train", *task, "--isra", "--record", "never-written", *TINY]) == 2

    said = capsys.readouterr()
    texts = [(model / name).read_text() for name in ("metrics.json", "log.jsonl")]
    assert not any(
        word in text for word in ("accuracy", "oracle") for text in (said.out.replace("no accuracy", ""), *texts)
    )
    assert " %" not in said.out
    assert "accuracy" not in (model / "README.md").read_text()
    metrics, config = (json.loads((model / name).read_text()) for name in ("metrics.json", "config.json"))
    assert {"scores", "selected_step", "class_weight", "selection_report"} <= set(metrics)
    assert (config["classes"], config["target_classes"]) == (["green", "red"], [])
    assert "A record holds accuracies, and this target has no labels: leave --record out." in said.err


def test_a_preset_can_be_overruled_by_name() -> None:
    settings = ["--isra", "--steps", "50", "--isra.topics", "8", "--optimisation.rate", "2e-3"]

    config = read_train([*OFFICE_ICONS[1:], *settings]).configuration()

    assert config.isra is not None
    assert (config.isra.topics, config.optimisation.rate, config.optimisation.steps) == (8, 2e-3, 50)


def test_a_methods_own_settings_are_given_by_name_and_keep_their_types() -> None:
    config = read_train([*OFFICE_ICONS[1:], "--settings.middle_divisor", "2"]).configuration()

    assert config.settings == {"complement_weight": 1.0, "entropy_weight": 0.1, "middle_divisor": 2}
    assert isinstance(config.settings["middle_divisor"], int)


def test_the_help_explains_every_setting_with_its_symbol(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["train", "--help", "--method", "san"])

    text = capsys.readouterr().out
    assert all(name in text for name in method_names())
    for setting, meaning in (
        ("--source STR", "The labelled domain"),
        ("--isra.topics INT", "d_e, the number of implicit semantic topics"),
        ("--settings.hidden INT", "P, width of both hidden layers"),
        ("--optimisation.batch-size INT", "B, source images a step"),
    ):
        assert meaning in text.partition(setting)[2].split("(")[0]


@pytest.mark.parametrize(
    "command", ["evaluate", "figure", "gallery", "inspect", "looks", "publish", "recipes", "topics"]
)
def test_the_help_explains_every_setting_of_a_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])

    assert re.findall(r"--[\w.-]+ \S+\s+\(default", capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "runs/x"),
            "runs/x: Permission denied: check its permissions",
        ),
        (OSError(errno.EROFS, "Read-only file system", "runs/x"), "give a folder that can be written"),
        (
            OSError(errno.EISDIR, "Is a directory", ".runs.7.tmp", None, "runs"),
            "runs: Is a directory: give the name of",
        ),
        (OSError(errno.ENOSPC, "No space left on device", "runs/x"), "free some space"),
        (OSError(errno.ENOSPC, "No space left on device"), "isra_model: No space left on device: free some space"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "x"), "x: File name too long: give a shorter name"),
        (ModuleNotFoundError(name="umap"), "needs umap, which is not installed: pip install 'isra-model[app]'"),
    ],
)
def test_what_the_system_refuses_says_what_to_do(
    error: Exception, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object) -> None:
        raise error

    monkeypatch.setattr(Train, "run", refused)

    assert main(OFFICE_ICONS) == 2
    assert message in capsys.readouterr().err


def test_a_flag_may_start_from_ones_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")

    assert read_train([*OFFICE_ICONS[1:], "--data=~/pictures"]).data == Path("/home/ann/pictures")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--source", "solid", "--target", "lines"], "no domain 'lines'"),
        (["train", "--source", "a", "--target", "b", "--benchmark", "tree"], "needs --data"),
        ([*OFFICE_ICONS, "--method", "dann"], "no method 'dann'; choose one of"),
        ([*OFFICE_ICONS, "--preset", "office-hom"], "no preset 'office-hom'; choose one of"),
        ([*OFFICE_ICONS, "--isra", "--form", "printed"], "no form 'printed'; choose one of"),
        ([*OFFICE_ICONS, "--isra.topics", "8"], "--isra.topics is one of ISRA's settings: give --isra too"),
        ([*OFFICE_ICONS, "--settings.topics", "8"], "train --method ba3us --help"),
        ([*OFFICE_ICONS, "--rate", "8"], "--rate, 8. Perhaps you meant --isra.rate or --optimisation.rate"),
        ([*OFFICE_ICONS, "--method", "source-only", "--isra.topic", "8", "--isra"], "meant --isra.topics"),
        ([*OFFICE_ICONS, "--isra", "--isra.topics", "many"], "Error parsing --isra.topics: invalid literal"),
        ([*OFFICE_ICONS, "--isra"], "holds a trained model: give another --output"),
        ([*NEW, "--isra", "--isra.topics", "0"], "--isra.topics is 0: give 1 or more"),
        ([*NEW, "--steps", "0"], "--steps is 0: give 1 or more"),
        ([*NEW, "--steps", "many"], "Error parsing --steps: 'many' is no INT"),
        ([*NEW, "--seed", "-1"], "--seed is -1: give a whole number from 0"),
        ([*NEW, "--record", "docs"], "docs is a folder: give --record the name of a file"),
        ([*NEW, "--record", "Makefile"], "Makefile holds no recorded runs: give --record a new file"),
        ([*NEW, "--record", "Makefile/runs.jsonl"], "Makefile is a file: give --record a file in a folder"),
        ([*OFFICE_ICONS, "--output", ""], "--output is empty: give it a value, or leave it out"),
        (["data", "check", "--data="], "--data is empty: give it a value, or leave it out"),
        ([*NEW, "--network.frozen"], "as the benchmark's features mode does"),
        (["train", "--source", "solid"], "Missing from python -m isra_model train --method ba3us: --target"),
        (["trian"], "Available subcommands: data, train,"),
        ([], "Expected one of {data, train,"),
        (["evaluate", "x", "--modl", "y"], "--modl, y. Perhaps you meant --model"),
        (["inspect", "no-such-checkpoint", "--image", "x.png"], "no-such-checkpoint"),
        (["evaluate", "checkpoints/office-icons-solid-to-line", "--model", "shot"], "has no model 'shot'; it has"),
        (["inspect", "no-such-checkpoint", "--image", "x.png", "--size", "3"], "--size"),
    ],
)
def test_what_a_user_can_mend_is_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not Path("never-written").exists()
