"""Icons of the openly licensed sets in the npm package `@iconify/json`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isra_model.office_icons.names import ClassNames
from isra_model.office_icons.tables import read_families

LICENCES = frozenset({"MIT", "Apache-2.0", "ISC", "BSD-3-Clause", "CC0-1.0", "CC-BY-4.0", "OFL-1.1", "Unlicense"})
MOVES = "<animate"
"""Is in drawings whose first frame is often blank."""

CATEGORIES_LEFT_OUT = frozenset({"Logos", "Programming", "Flags / Maps"})


@dataclass(frozen=True)
class IconSet:
    """One designer's icon set.

    Attributes
    ----------
    prefix : str
        The set's name within iconify (`tabler`).
    title : str
        The set's name in words.
    author : str
        Who drew it.
    url : str
        Where the author publishes it.
    licence : str
        SPDX identifier.
    licence_url : str
        The licence's text, as the author publishes it.
    palette : bool
        Whether its icons have colours of their own.
    emoji : bool
        Whether it draws emoji.
    family : str
        The designer, shared by related sets (`font-awesome`).
    """

    prefix: str
    title: str
    author: str
    url: str
    licence: str
    licence_url: str
    palette: bool
    emoji: bool
    family: str


@dataclass(frozen=True)
class Icon:
    """One drawing of an object.

    Attributes
    ----------
    icon_set : IconSet
        The set it comes from.
    name : str
        Its name within the set (`mug-hot-outline`).
    base : str
        The name without style tokens (`mug-hot`).
    class_name : str
        The object's class (`Mug`).
    body : str
        The inner SVG markup.
    box : tuple[float, float, float, float]
        Left, top, width and height of its view box, in the icon's own units.
    """

    icon_set: IconSet
    name: str
    base: str
    class_name: str
    body: str
    box: tuple[float, float, float, float]

    @property
    def key(self) -> str:
        """The icon's name in full, `set:name`."""
        return f"{self.icon_set.prefix}:{self.name}"


def read_icon_sets(package: Path) -> list[IconSet]:
    """List the sets of the unpacked npm package whose licence and category are permitted, by prefix."""
    collections = json.loads((package / "collections.json").read_text(encoding="utf-8"))
    families = read_families()
    return [
        icon_set_of(prefix, info, families.get(prefix, prefix))
        for prefix, info in sorted(collections.items())
        if _permitted(info)
    ]


def read_icons(package: Path, icon_set: IconSet, class_names: ClassNames) -> Iterator[Icon]:
    """Yield the icons of a set whose name stands for a class, by name; aliases come under their own name."""
    content = json.loads((package / "json" / f"{icon_set.prefix}.json").read_text(encoding="utf-8"))
    drawings: dict[str, dict[str, Any]] = dict(content["icons"])
    for alias, target in content.get("aliases", {}).items():
        if set(target) == {"parent"} and target["parent"] in content["icons"]:
            drawings.setdefault(alias, content["icons"][target["parent"]])
    for name, drawing in sorted(drawings.items()):
        class_name = class_names.class_of(name, emoji=icon_set.emoji)
        base = class_names.base_name(name)
        if class_name is not None and base is not None and MOVES not in drawing["body"]:
            yield Icon(icon_set, name, base, class_name, drawing["body"], _box(content, drawing))


def _permitted(info: dict[str, Any]) -> bool:
    return info["license"].get("spdx") in LICENCES and info.get("category") not in CATEGORIES_LEFT_OUT


def icon_set_of(prefix: str, info: dict[str, Any], family: str) -> IconSet:
    """Return a set by what `collections.json` says of it; its licence may have a title only, no SPDX identifier."""
    return IconSet(
        prefix=prefix,
        title=info["name"],
        author=info["author"]["name"],
        url=info["author"].get("url") or f"https://icon-sets.iconify.design/{prefix}/",
        licence=info["license"].get("spdx") or info["license"]["title"],
        licence_url=info["license"].get("url", ""),
        palette=bool(info.get("palette", False)),
        emoji="emoji" in prefix or info.get("category") == "Emoji",
        family=family,
    )


def _box(content: dict[str, Any], drawing: dict[str, Any]) -> tuple[float, float, float, float]:
    left, top, width, height = (
        float(drawing.get(key, content.get(key, default)))
        for key, default in (("left", 0), ("top", 0), ("width", 16), ("height", 16))
    )
    return left, top, width, height
