"""The page as Gradio sees it: what is offered over HTTP, what is not, and the settings that hold for everybody."""

import io
import math
import re
import socket
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from isra_model.figures.colours import PAGE
from isra_model.figures.maps import COLOUR_BY
from isra_model.files import project_root
from isra_model.interface.glossary import TERMS
from isra_model.interface.scripts import ASSETS, colour_variables, modules, page_head, style_sheets, version
from isra_model.interface.server import AppOptions, launch_studio
from isra_model.interface.studio import Studio, StudioError
from isra_model.performance.space import modules_of
from isra_model.performance.visitor import RefusalError, Visitor
from tests.interface.conftest import NAME


def test_a_port_in_use_is_answered_with_one_that_is_free(studio: Studio) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StudioError, match=rf"Port {port} is in use: \d+ is free, `port` \d+ takes it"):
            launch_studio(studio, AppOptions(port=port))


@pytest.mark.parametrize("port", [-1, 0, 65_536])
def test_a_port_that_is_none_is_refused(studio: Studio, port: int) -> None:
    with pytest.raises(StudioError, match=rf"There is no port {port}: give one from 1024 to 65535"):
        launch_studio(studio, AppOptions(port=port))


@pytest.mark.parametrize("host", ["nope.invalid", "192.0.2.1", "a..b"])
def test_a_host_that_is_not_this_machine_is_refused(studio: Studio, host: str) -> None:
    with pytest.raises(StudioError, match=f"'{host}' is no address of this machine: `host` 127.0.0.1 listens"):
        launch_studio(studio, AppOptions(host=host))


def test_what_the_app_cannot_start_on_is_one_line_and_code_2(tmp_path: Path) -> None:
    app = [sys.executable, str(project_root() / "app.py"), "--checkpoints", str(tmp_path)]
    ended = subprocess.run(app, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1


def test_ctrl_c_while_the_app_starts_ends_it_without_a_traceback() -> None:
    interrupted = """
import runpy, sys
import isra_model.interface
def launch_app(options): raise KeyboardInterrupt
isra_model.interface.launch_app = launch_app
runpy.run_path(sys.argv.pop(), run_name="__main__")
"""
    app = [sys.executable, "-c", interrupted, str(project_root() / "app.py")]
    ended = subprocess.run(app, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (130, "")


@pytest.fixture(scope="module")
def client(server: httpx.Client) -> Client:
    return Client(str(server.base_url), verbose=False)


@pytest.fixture(scope="module")
def demo(studio: Studio) -> Iterator[gr.Blocks]:
    demo = launch_studio(studio, AppOptions(), block=False)
    yield demo
    demo.close()


@pytest.fixture(scope="module")
def server(demo: gr.Blocks) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=str(demo.local_url)) as client:
        yield client


OUTSIDE = ["/etc/passwd", "../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/a"]


@pytest.mark.parametrize("path", [*OUTSIDE, str(ASSETS / "main.js"), "app.py"])
def test_no_file_of_the_server_is_served(server: httpx.Client, path: str) -> None:
    assert server.get(f"/gradio_api/file={path}").status_code in (403, 404)


@pytest.mark.parametrize(
    "path",
    [
        f"/modules/{version()}/..%2f..%2fserver.py",
        "/sprites/..%2f..%2fetc/0.webp",
        f"/figures/..%2f{NAME}/classes.json",
        "/static/..%2f..%2froutes.py",
        "/assets/..%2f..%2froutes.py",
    ],
)
def test_no_path_leads_to_a_folder_above(server: httpx.Client, path: str) -> None:
    assert server.get(path).status_code in (403, 404)


SENT_BY_NAME = ["/etc/hostname", "https://example.org/mug.png", "data:image/png;base64,AAAA", {"path": "/etc/hostname"}]


@pytest.mark.parametrize("image", [*SENT_BY_NAME, handle_file("http://127.0.0.1:9/mug.png")], ids=str)
def test_an_image_that_is_not_sent_as_a_file_says_how_to_send_one(client: Client, image: object) -> None:
    with pytest.raises(AppError, match=r"handle_file\(\.\.\.\)"):
        client.predict(image, api_name="/predict")


def test_a_file_is_looked_at_by_every_model_and_topics_are_of_the_one_named(client: Client, studio: Studio) -> None:
    file = handle_file(str(studio.examples[0].path))
    assert set(client.predict(file, api_name="/predict")) == {"source-only", "ba3us", "ba3us-isra"}
    assert len(client.predict(file, api_name="/topics")) == 6
    assert client.predict(file, model="ba3us-isra", api_name="/topics")


def test_what_is_asked_of_a_file_over_http_agrees_with_itself(client: Client, studio: Studio) -> None:
    file = handle_file(str(studio.examples[0].path))
    said = client.predict(file, api_name="/predict")["ba3us-isra"]
    assert set(said["appearance"]) == {"distance", "unlike"}
    near = client.predict(file, api_name="/neighbours")["ba3us-isra"]
    assert near == {domain: said[domain] for domain in ("source_neighbours", "target_neighbours")}
    masks = client.predict(file, api_name="/topic_masks")
    known = {topic["index"]: topic["grid"] for topic in client.predict(file, api_name="/topics") if topic["alive"]}
    assert {mask["topic"]: mask["grid"] for mask in masks["masks"]} == known
    why = client.predict(file, api_name="/explain")
    assert [why["this_class"], why["that_class"]] == [each["label"] for each in said["predictions"][:2]]
    parts = sum(why["topics"].values()) + why["residual"] + why["constant"]
    assert parts == pytest.approx(why["difference"], abs=1e-4)
    odds = said["predictions"][0]["probability"] / said["predictions"][1]["probability"]
    assert math.log(odds) == pytest.approx(why["difference"], abs=1e-3)
    with pytest.raises(AppError, match="no such class"):
        client.predict(file, that_class="unicorn", api_name="/explain")


def test_a_row_that_is_no_number_is_refused_in_a_line_over_http(client: Client) -> None:
    with pytest.raises(AppError, match="There is no row a: rows are numbers"):
        client.predict("a", api_name="/inspect_point")


def test_behind_the_proxy_of_a_space_the_page_names_the_address_that_people_see(server: httpx.Client) -> None:
    outside = {"x-forwarded-host": "somebody-isra-studio.hf.space", "x-forwarded-proto": "https"}
    assert server.get("/config", headers=outside).json()["root"] == "https://somebody-isra-studio.hf.space"


def test_below_another_path_the_page_and_all_that_it_loads_lie_below_it(demo: gr.Blocks) -> None:
    below = TestClient(Starlette(routes=[Mount("/studio", demo.app)]))
    assert below.get("/studio/config").json()["root"] == "http://testserver/studio"
    loaded = modules_of(below.get("/studio/").text)
    assert len(loaded) == len(modules())
    for address in (loaded[0], "plotly.min.js", f"sprites/{NAME}/0.webp", f"figures/{NAME}/classes.json"):
        assert below.get(f"/studio/{address}").status_code == 200
    assert not re.search(r"""["'`]/(?:modules|sprites|figures|plotly|gradio_api)""", SCRIPT)


def visitor(demo: gr.Blocks, address: str = "203.0.113.7") -> Visitor:
    """Return somebody who comes from an address, as a Space's proxy tells it."""
    headers = {"X-Forwarded-For": f"made.up, {address}"}
    return Visitor(httpx.Client(base_url=str(demo.local_url), headers=headers, timeout=60))


def test_behind_a_proxy_who_asks_too_often_keeps_nobody_else_waiting(
    demo: gr.Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "somebody/isra-studio")
    restless, other = visitor(demo, "203.0.113.8"), visitor(demo, "203.0.113.9")
    with pytest.raises(RefusalError, match="wait a few seconds"):
        _ = [restless.ask("adapt-files.change", [], None, None) for _ in range(50)]
    assert other.ask("inspect_point", 0, NAME)


def test_who_leaves_before_the_answers_keeps_nobody_waiting(demo: gr.Blocks, studio: Studio) -> None:
    gone, other = visitor(demo), visitor(demo)
    file = gone.upload("blotch.png", studio.examples[0].path.read_bytes())
    for _ in range(6):
        gone.begin("predict", file, NAME)
    assert other.ask("topics", file, NAME, "")


@pytest.mark.parametrize(
    ("name", "mode", "words"),
    [("../escape.png", 0o644, "leads out"), ("link.png", stat.S_IFLNK | 0o777, "symbolic link")],
)
def test_a_zip_that_leads_out_is_refused_in_words(demo: gr.Blocks, name: str, mode: int, words: str) -> None:
    packed, entry, someone = io.BytesIO(), zipfile.ZipInfo(name), visitor(demo)
    entry.external_attr = mode << 16
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    said = someone.ask("adapt-files.change", [someone.upload("mine.zip", packed.getvalue())], None, None)[1]
    assert said["phase"] == "refused"
    assert words in said["problem"]


def test_the_page_may_stand_in_a_frame_of_another_site(server: httpx.Client) -> None:
    assert not {"x-frame-options", "content-security-policy"} & set(server.get("/").headers)


def test_an_upload_has_a_limit(server: httpx.Client) -> None:
    files = {"files": ("large.png", b"0" * 68_000_000)}
    assert server.post("/gradio_api/upload", files=files).status_code == 413


@pytest.mark.parametrize("path", ["/monitoring", "/monitoring/summary", "/gradio_api/mcp/", "/gradio_api/mcp/sse"])
def test_nobody_watches_the_visitors(server: httpx.Client, path: str) -> None:
    assert server.get(path).status_code >= 400


def test_another_site_cannot_ask_in_a_visitors_name(server: httpx.Client) -> None:
    headers = {"Origin": "null", "Host": "localhost:7860"}
    assert "access-control-allow-origin" not in server.get("/config", headers=headers).headers


OF_ELEMENTS = {"low", "high", "p", "c", "models", "tint", "hue"}
SCRIPT = "\n".join(source for name, source in modules().items() if name != "terms.js")


def test_every_term_on_the_page_is_explained() -> None:
    by_call = re.findall(r'\b(?:term|meter|heading)\(\s*(?:"h\d", )?"([^"]+)",', SCRIPT)
    by_name = re.findall(r'(?<!/)\bterms(?:\.(\w+)|\["([^"]+)")', SCRIPT)
    named = {name for either in by_name for name in either if name}
    assert {*by_call, *named} <= set(TERMS)


@pytest.mark.parametrize("term", TERMS)
def test_every_explanation_is_of_something_on_the_page(term: str) -> None:
    assert term in COLOUR_BY or re.search(rf'"{term}"|\bterms\.{term}\b|\b{term}: ', SCRIPT)


@pytest.mark.parametrize("sentence", TERMS.values(), ids=TERMS)
def test_an_explanation_is_one_sentence(sentence: str) -> None:
    assert sentence.endswith(".")
    assert len(sentence) < 220


def test_the_head_loads_nothing_from_elsewhere() -> None:
    assert not re.search(r"""(?:src|href)=["']?/|https?:""", page_head())


def test_every_module_is_served_under_an_address_that_changes_with_it(server: httpx.Client) -> None:
    for name, source in modules().items():
        answer = server.get(f"/modules/{version()}/{name}")
        assert answer.text == source
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
    assert server.get(f"/modules/{version()}/scripts.py").status_code == 404
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", SCRIPT)


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("classes.json", 200),
        ("weights.json?model=ba3us&number=0", 200),
        ("weights.json?number=99", 404),
        ("weights.json?number=one", 404),
        ("classes.json?model=gone", 404),
        ("secrets.json", 404),
    ],
)
def test_the_plots_of_a_view_are_sent_at_print_size(server: httpx.Client, place: str, status: int) -> None:
    answer = server.get(f"/figures/{NAME}/{place}", timeout=60)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["layout"]["width"] == pytest.approx(180 / 25.4 * 96)


def test_the_library_of_plots_is_ours(server: httpx.Client) -> None:
    assert "plotly.js v" in server.get("/plotly.min.js").text[:200]


def test_a_sheet_styles_what_its_view_draws_and_takes_colours_from_one_place() -> None:
    sheets = {path.name: path.read_text() for path in style_sheets()}
    named = {name: set(re.findall(r"\.(isra-[a-z-]+)", sheet)) - {"isra-panel"} for name, sheet in sheets.items()}
    of_views = [classes for name, classes in named.items() if name != "base.css"]
    assert not set().union(*of_views) & named["base.css"]
    assert sum(map(len, of_views)) == len(set().union(*of_views))
    for sheet in sheets.values():
        assert "!important" not in sheet
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", sheet)
        assert set(re.findall(r"var\(--([a-z-]+)\)", sheet)) - OF_ELEMENTS <= set(PAGE)
    assert {f"--{name}:" for name in PAGE} <= set(colour_variables().split())


def test_who_starts_the_app_is_told_its_address(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gr.Blocks, "launch", lambda demo, **_: setattr(demo, "local_url", "http://127.0.0.1:7861/"))
    monkeypatch.setattr(gr.Blocks, "block_thread", lambda demo: None)
    launch_studio(studio, AppOptions())
    assert "http://127.0.0.1:7861/" in capsys.readouterr().out
