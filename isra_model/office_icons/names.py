"""Which class an icon's name stands for."""

import json
import re
from dataclasses import dataclass
from importlib.resources import files

_TRAILING_DIGITS = re.compile(r"(?<=[a-z])\d+$")


@dataclass(frozen=True)
class ClassNames:
    """The table from icon names to classes.

    Attributes
    ----------
    class_of_base : dict[str, str]
        Base name without style tokens (`mug-hot`) -> class (`Mug`).
    style_tokens : frozenset[str]
        Tokens that say how an icon is drawn, never what it shows (`outline`, `24`).
    not_in_emoji : frozenset[str]
        Base names that mean something else in emoji sets (`mouse`, the animal).
    """

    class_of_base: dict[str, str]
    style_tokens: frozenset[str]
    not_in_emoji: frozenset[str]

    @property
    def classes(self) -> list[str]:
        """The class names in alphabetical order; a label is an index into this list."""
        return sorted(set(self.class_of_base.values()))

    def base_name(self, icon_name: str) -> str | None:
        """Strip style tokens from both ends of an icon's name until what is left is a known base name.

        The longest match wins: `tv-2` is known, so `tv-2-outline` is `tv-2` and not `tv`. There is none where the name
        stands for no class.
        """
        tokens = icon_name.lower().split("-")
        starts = _style_run(tokens, self.style_tokens)
        ends = _style_run(tokens[::-1], self.style_tokens)
        spans = [(start, len(tokens) - end) for start in range(starts + 1) for end in range(ends + 1)]
        for start, stop in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
            base = "-".join(tokens[start:stop])
            for candidate in (base, _TRAILING_DIGITS.sub("", base)):
                if candidate in self.class_of_base:
                    return candidate
        return None

    def class_of(self, icon_name: str, *, emoji: bool = False) -> str | None:
        """Return the class of an icon, `None` where it shows none; in sets that draw ``emoji`` a few names differ."""
        base = self.base_name(icon_name)
        if base is None or (emoji and base in self.not_in_emoji):
            return None
        return self.class_of_base[base]


def read_class_names() -> ClassNames:
    """Read the reviewed table that ships with the package (`names.json`)."""
    table = json.loads(files(__package__).joinpath("names.json").read_text(encoding="utf-8"))
    return ClassNames(
        class_of_base={base: name for name, bases in table["classes"].items() for base in bases},
        style_tokens=frozenset(table["style_tokens"]),
        not_in_emoji=frozenset(table["not_in_emoji"]),
    )


def _style_run(tokens: list[str], style_tokens: frozenset[str]) -> int:
    run = 0
    while run < len(tokens) and tokens[run] in style_tokens:
        run += 1
    return run
