import pytest

from bodega.ops.console.options import USAGE, WrongWords, parse


def test_without_words_it_reads_primary_for_people() -> None:
    options = parse([])
    assert (options.file, options.format, options.seconds) == ("primary", "table", 60.0)
    assert not options.may_write
    assert options.has_history


def test_options_may_stand_behind_the_statement() -> None:
    options = parse(["select 1", "--json", "--file", "queue", "--attach=all", "--timeout", "0"])
    assert options.sql == ["select 1"]
    assert (options.file, options.format, options.seconds) == ("queue", "json", 0.0)
    assert options.attach == ["primary", "cache", "queue", "cable"]


def test_writers_are_given_less_time() -> None:
    assert parse(["--write"]).seconds == 2.0
    assert parse(["--write", "--timeout", "9"]).seconds == 9.0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--frobnicate"], "not recognized"),
        (["--file"], "requires argument"),
        (["--csv", "--json"], "not both"),
        (["--yes"], "belong to --write"),
        (["--shop", "X"], "belong to --write"),
        (["--write", "--file", "/tmp/copy.sqlite3"], "for the shop's own files"),
        (["--attach", "queue,frob"], "'frob' is none of"),
        (["--timeout", "soon"], "'soon' is not a number of seconds"),
        (["--timeout", "nan"], "'nan' is not a number of seconds"),
        (["--timeout", "-1"], "'-1' is not a number of seconds"),
    ],
)
def test_wrong_words_are_refused_with_the_reason(words: list[str], sentence: str) -> None:
    with pytest.raises(WrongWords, match=sentence):
        parse(words)


def test_the_usage_names_every_option_and_fits_a_screen() -> None:
    from bodega.ops.console.options import ALONE, WITH_VALUE

    for name in {*ALONE, *WITH_VALUE} - {"help"}:
        assert f"--{name}" in USAGE
    assert max(map(len, USAGE.splitlines())) <= 80
    assert USAGE.count("\n") < 24
