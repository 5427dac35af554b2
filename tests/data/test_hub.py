"""Hugging Face datasets from a local folder: the layouts are the Hub's, the network is not needed."""

import sys
from pathlib import Path

import numpy as np
import pytest

from isra_model.cli.tasks import load_task
from isra_model.data.benchmark import BenchmarkError
from isra_model.data.hub import load_hub
from isra_model.data.published import PROTOCOLS
from isra_model.data.streams import decode_images
from isra_model.data.transforms import Preprocessing
from tests.data.conftest import MakeImages

datasets = pytest.importorskip("datasets")


@pytest.fixture(autouse=True)
def _quiet_cache_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))
    datasets.disable_progress_bars()


@pytest.fixture
def office_home(png: bytes, tmp_path: Path) -> Path:
    """Return Parquet files with columns image, domain and label, as flwrlabs/office-home has them."""
    names = list(PROTOCOLS["office-home"].classes)
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "domain": datasets.Value("string"),
            "label": datasets.ClassLabel(names=names[::-1]),
        }
    )
    rows = [(domain, label) for domain in ("Art", "Real World") for label in range(65)]
    table = datasets.Dataset.from_dict(
        {
            "image": [{"bytes": png, "path": None}] * len(rows),
            "domain": [domain for domain, _ in rows],
            "label": [label for _, label in rows],
        },
        features=features,
    )
    (tmp_path / "data").mkdir()
    table.to_parquet(tmp_path / "data" / "train-00000-of-00001.parquet")
    return Path(f"hf:{tmp_path}")


def test_domains_are_the_values_of_a_column(office_home: Path) -> None:
    task = load_task("office-home", "art", "real_world", office_home)

    assert (task.source, task.target, len(task.source_images())) == ("Art", "Real World", 65)
    assert task.benchmark.classes[task.source_images().labels[0]] == "Webcam"
    assert {task.benchmark.classes[label] for label in task.target_images().labels} == set(task.target_classes)
    assert len(decode_images(task.target_images(), Preprocessing(8, 8))) == 25


def test_splits_of_an_image_folder_are_domains_and_a_dataset_of_ones_own_keeps_its_classes(
    make_images: MakeImages, tmp_path: Path
) -> None:
    make_images(tmp_path, ["train/cup/1.png", "train/cup/2.png", "train/bowl/1.png", "test/cup/1.png"])

    task = load_task("tree", "train", "test", Path(f"hf:{tmp_path}"))

    assert (task.benchmark.classes, task.target_classes) == (("bowl", "cup"), ("cup",))
    np.testing.assert_array_equal(np.bincount(task.source_images().labels), [1, 2])
    assert len(decode_images(task.source_images(), Preprocessing(8, 8))) == 3


def test_a_dataset_without_labels_is_refused(make_images: MakeImages, tmp_path: Path) -> None:
    make_images(tmp_path, ["train/1.png", "train/2.png"])
    with pytest.raises(BenchmarkError, match="has no column of images or no column 'label'"):
        load_hub("mine", Path(f"hf:{tmp_path}"))


def test_a_revision_has_to_be_given() -> None:
    with pytest.raises(BenchmarkError, match="give hf:flwrlabs/office-home@REVISION"):
        load_hub("office-home", Path("hf:flwrlabs/office-home"))


def test_what_cannot_be_loaded_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise ConnectionError("Couldn't reach the Hub\nlong story")

    monkeypatch.setattr(datasets, "load_dataset", unreachable)
    with pytest.raises(
        BenchmarkError, match=r"hf:a/b@c cannot be loaded \(Couldn't reach the Hub\): check name"
    ) as refusal:
        load_hub("office-home", Path("hf:a/b@c"))
    assert "\n" not in str(refusal.value)


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(BenchmarkError, match=r"pip install 'isra-model\[hub-datasets\]'"):
        load_hub("office-home", Path("hf:a/b@c"))
