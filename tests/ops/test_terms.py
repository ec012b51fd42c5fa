import argparse

import pytest

from bodega.ops import terms
from bodega.ops.terms import Terms


def test_what_the_words_tell_is_what_was_meant() -> None:
    told = Terms(workers=3, is_small=True, limit=6, drain=2.5, hung=7)
    parser = argparse.ArgumentParser()
    terms.add_options(parser)
    assert terms.from_options(parser.parse_args(told.words)) == told


def test_the_environment_says_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BODEGA_GENERATIONS", "6")
    monkeypatch.setenv("BODEGA_DRAIN_SECONDS", "2.5")
    monkeypatch.setenv("BODEGA_READY_SECONDS", "")
    assert terms.from_environment(2) == Terms(workers=2, limit=6, drain=2.5)


@pytest.mark.parametrize("text", ["1", "many", "nan", "-3"])
def test_nonsense_is_refused_in_a_sentence(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BODEGA_GENERATIONS", text)
    with pytest.raises(ValueError, match=f"BODEGA_GENERATIONS is '{text}'"):
        terms.from_environment()
