import pytest

from bodega.ops.console.statements import is_blank, statements


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("select 1", ["select 1"]),
        ("select 1; select 2;", ["select 1;", "select 2;"]),
        ("select ';'; select 2", ["select ';';", "select 2"]),
        ("select 1 -- a; b\n; select 2", ["select 1 -- a; b\n;", "select 2"]),
        ("select /* ; */ 1; -- done", ["select /* ; */ 1;"]),
        ("\n  \n", []),
        ("-- only a remark", []),
        (
            "create trigger a after insert on t begin delete from t; select 1; end; select 3",
            ["create trigger a after insert on t begin delete from t; select 1; end;", "select 3"],
        ),
    ],
)
def test_a_statement_ends_at_a_semicolon_that_ends_it(text: str, found: list[str]) -> None:
    assert list(statements([text])) == found
    assert list(statements(text.splitlines(keepends=True))) == found


def test_a_statement_comes_as_soon_as_its_line_does() -> None:
    lines = iter(["select 1;\n", "select 2;\n"])
    assert next(statements(lines)) == "select 1;"
    assert list(lines) == ["select 2;\n"]


@pytest.mark.parametrize("text", ["", " ; ", "-- a", "/* a */ -- b\n ;", "/* open"])
def test_spaces_and_comments_are_nothing_to_run(text: str) -> None:
    assert is_blank(text)
    assert not is_blank(f"{text}\n*/ select 1" if text == "/* open" else f"{text}\nselect 1")
