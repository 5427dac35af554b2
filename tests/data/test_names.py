import pytest

from isra_model.data.names import match


@pytest.mark.parametrize("spelling", ["Real World", "RealWorld", "real_world", "REAL-WORLD"])
def test_case_spaces_underscores_and_hyphens_do_not_matter(spelling: str) -> None:
    assert match(spelling, ["Art", "Real World"]) == "Real World"


def test_the_same_spelling_comes_first() -> None:
    assert match("t shirt", ["T-Shirt", "t shirt"]) == "t shirt"


def test_another_name_is_no_match() -> None:
    assert match("Real", ["Real World"]) is None
