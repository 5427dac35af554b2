"""The page's JavaScript, native ES modules that the app serves itself, and its sheets of styles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from isra_model.figures.colours import PAGE, RAMPS
from isra_model.interface.glossary import TERMS

ASSETS = Path(__file__).parent / "assets"
SHEETS = (
    "base.css",
    "header.css",
    "nav.css",
    "steps.css",
    "predict.css",
    "why.css",
    "topics.css",
    "compare.css",
    "explorer.css",
    "map.css",
    "classes.css",
    "weights.css",
    "results.css",
    "adapt.css",
)
VARIABLES = ":root,\n.gradio-container"
DARK_VARIABLES = ".dark,\n.dark .gradio-container"


@cache
def modules() -> Mapping[str, str]:
    """Return the source of every module by file name; `terms.js` is the glossary."""
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(ASSETS.glob("*.js"))}
    return files | {"terms.js": f"export default {json.dumps(TERMS, ensure_ascii=False)};\n"}


@cache
def version() -> str:
    """Return what tells these modules from those of another release, for the browser's cache."""
    return hashlib.sha256("".join(modules().values()).encode()).hexdigest()[:12]


def page_head() -> str:
    """Return what the page's head loads: `isra` is a promise of the module `main.js`.

    Addresses are relative, so that the page may lie below any path.
    """
    folder = f"modules/{version()}"
    preloads = "".join(f'<link rel="modulepreload" href="{folder}/{name}">\n' for name in modules())
    return f"{preloads}<script>window.isra = import(new URL('{folder}/main.js', document.baseURI));</script>"


def style_sheets() -> list[Path]:
    """Return the sheets of styles: what all views share, then one a view."""
    return [ASSETS / name for name in SHEETS]


def colour_variables() -> str:
    """Return the page's colours as CSS variables, on light and on dark, and the ramps of overlays."""
    light = {name: tones[0] for name, tones in PAGE.items()}
    ramps = {f"ramp-{name}": ", ".join(stops) for name, stops in RAMPS.items()}
    dark = {name: tones[1] for name, tones in PAGE.items()}
    return _block(VARIABLES, light | ramps) + _block(DARK_VARIABLES, dark)


def _block(selector: str, variables: Mapping[str, str]) -> str:
    lines = "".join(f"  --{name}: {value};\n" for name, value in variables.items())
    return f"{selector} {{\n{lines}}}\n"
