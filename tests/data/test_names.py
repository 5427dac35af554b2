import pytest

from isra_model.data.names import first_few, match, printable


@pytest.mark.parametrize("spelling", ["Real World", "RealWorld", "real_world", "REAL-WORLD"])
def test_case_spaces_underscores_and_hyphens_do_not_matter(spelling: str) -> None:
    assert match(spelling, ["Art", "Real World"]) == "Real World"


def test_the_same_spelling_comes_first() -> None:
    assert match("t shirt", ["T-Shirt", "t shirt"]) == "t shirt"


def test_another_name_is_no_match() -> None:
    assert match("Real", ["Real World"]) is None


def test_what_cannot_be_seen_or_written_is_an_escape() -> None:
    assert printable("vélo \u200b\udcff\n🛋") == "vélo \\u200b\\udcff\\n🛋"


def test_of_many_lines_a_few_are_named_and_the_others_counted() -> None:
    assert first_few(["a", "b"], most=2) == ["a", "b"]
    assert first_few(["a", "b", "c", "d"], most=2) == ["a", "b", "and 2 more"]
