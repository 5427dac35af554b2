"""The page as Gradio sees it: what is offered over HTTP, what is not, and the settings that hold for everybody."""

import re

import gradio as gr
import pytest

from isra_model.interface.actions import Actions
from isra_model.interface.components import ASSETS, SCRIPTS
from isra_model.interface.glossary import TERMS
from isra_model.interface.page import build_page, page_head
from isra_model.interface.server import SAFETY, AppOptions, launch_studio
from isra_model.interface.snippets import map_snippet, predict_snippet, topics_snippet
from isra_model.interface.studio import Studio


def test_the_http_interface_has_these_names_and_no_others(studio: Studio, actions: Actions) -> None:
    described = build_page(studio, actions).get_api_info()
    assert sorted(described["named_endpoints"]) == [
        "/checkpoints",
        "/faithfulness",
        "/look",
        "/place",
        "/predict",
        "/topics",
    ]
    parameters = described["named_endpoints"]["/predict"]["parameters"]
    assert [parameter["parameter_name"] for parameter in parameters] == ["image", "checkpoint"]


def test_the_settings_that_keep_strangers_in_bounds() -> None:
    assert SAFETY["max_file_size"] == "8mb"
    assert SAFETY["allowed_paths"] == []
    assert SAFETY["strict_cors"]
    assert not any(SAFETY[name] for name in ("show_error", "enable_monitoring", "run_history", "mcp_server", "share"))


def test_every_term_on_the_page_is_explained() -> None:
    scripts = "\n".join((ASSETS / script).read_text() for script in SCRIPTS)
    used = set(re.findall(r'\bterm\("([^"]+)"', scripts)) | set(re.findall(r'isra\.terms\["([^"]+)"\]', scripts))
    assert used <= set(TERMS)


@pytest.mark.parametrize("sentence", TERMS.values(), ids=TERMS)
def test_an_explanation_is_one_sentence(sentence: str) -> None:
    assert sentence.endswith(".")
    assert len(sentence) < 220


def test_the_head_loads_nothing_from_elsewhere() -> None:
    assert "src=" not in page_head().replace("{ src:", "")
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page_head())


@pytest.mark.parametrize("snippet", [predict_snippet, topics_snippet, map_snippet])
def test_a_snippet_is_python(snippet: object) -> None:
    compile(snippet("office-icons-solid-to-line"), "snippet", "exec")  # type: ignore[operator]


def test_who_starts_the_app_is_told_its_address(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gr.Blocks, "launch", lambda demo, **_: setattr(demo, "local_url", "http://127.0.0.1:7861/"))
    monkeypatch.setattr(gr.Blocks, "block_thread", lambda demo: None)
    launch_studio(studio, AppOptions())
    assert "http://127.0.0.1:7861/" in capsys.readouterr().out
