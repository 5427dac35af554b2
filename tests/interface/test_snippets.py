"""*Copy as Python* on each view runs as copied, and opens the image that the page shows."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from isra_model.interface import snippets
from isra_model.interface.studio import OpenTask, Studio
from tests.interface.conftest import ISRA

EXAMPLE = "assets/examples/blotch.png"


@pytest.fixture(autouse=True)
def _in_a_checkout(studio: Studio, open_task: OpenTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checkpoints").symlink_to(open_task.gallery.sprites.files[0].parents[2])
    for name in (EXAMPLE, "image.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(studio.examples[0].path.read_bytes())
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("snippet", "place", "said"),
    [
        (snippets.predict_snippet, {"example": 0}, "shared"),
        (snippets.topics_snippet, {"row": 3, "of": "shapes-drawn-to-painted"}, "(24, 24)"),
        (snippets.map_snippet, {}, "Mixing("),
    ],
)
def test_a_view_of_an_image_runs_as_copied(
    snippet: Callable[[str, str, str], str],
    place: Mapping[str, object],
    said: str,
    open_task: OpenTask,
    capsys: pytest.CaptureFixture[str],
) -> None:
    image = snippets.image_snippet(place, [f'Image.open("{EXAMPLE}")'], open_task.location)
    exec(snippet(open_task.location, ISRA, image), {})
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(("model", "topics"), [(ISRA, 6), ("ba3us", 0)])
def test_the_view_of_two_images_runs_as_copied(
    model: str, topics: int, open_task: OpenTask, capsys: pytest.CaptureFixture[str]
) -> None:
    places: list[Mapping[str, object]] = [{"row": 3, "of": open_task.name}, {}]
    images = [snippets.image_snippet(place, [f'Image.open("{EXAMPLE}")'], open_task.location) for place in places]
    exec(snippets.compare_snippet(open_task.location, model, *images), {})
    assert len(capsys.readouterr().out.splitlines()) >= 2 + topics


@pytest.mark.parametrize("snippet", [snippets.explorer_snippet, snippets.classes_snippet, snippets.weights_snippet])
def test_a_view_of_the_model_runs_as_copied(
    snippet: Callable[[str, str], str], open_task: OpenTask, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(snippet(open_task.location, ISRA), {})
    assert len(capsys.readouterr().out.splitlines()) > 1
