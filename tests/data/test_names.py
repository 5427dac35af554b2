import pytest

from isra_model.data.names import match, printable


@pytest.mark.parametrize("spelling", ["Real World", "RealWorld", "real_world", "REAL-WORLD"])
def test_case_spaces_underscores_and_hyphens_do_not_matter(spelling: str) -> None:
    assert match(spelling, ["Art", "Real World"]) == "Real World"


def test_the_same_spelling_comes_first() -> None:
    assert match("t shirt", ["T-Shirt", "t shirt"]) == "t shirt"


def test_another_name_is_no_match() -> None:
    assert match("Real", ["Real World"]) is None


def test_what_cannot_be_seen_or_written_is_an_escape() -> None:
    assert printable("vélo \u200b\udcff\n🛋") == "vélo \\u200b\\udcff\\n🛋"
