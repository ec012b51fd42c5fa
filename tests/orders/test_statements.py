"""What is stated is what is confirmed, whatever passes through the customer's page in between."""

from datetime import UTC, datetime

import pytest
from django.core import signing

from bodega.orders import statements
from bodega.orders.statements import Statement, StatementTooOld, opened

STATED = Statement("B-1001", "Ada", "ada@example.com", lines=[(7, 1, "1 × Dunes")], is_whole=False)


def test_a_statement_comes_back_as_it_was() -> None:
    assert opened(STATED.sealed()) == STATED


def test_every_statement_has_a_key_of_its_own() -> None:
    assert Statement("B-1", "Ada", "a@b.c").key != Statement("B-1", "Ada", "a@b.c").key


def test_a_changed_one_is_refused() -> None:
    sealed = STATED.sealed()
    with pytest.raises(StatementTooOld):
        opened(("A" if sealed[0] != "A" else "B") + sealed[1:])


def test_one_that_was_sealed_for_something_else_is_refused() -> None:
    with pytest.raises(StatementTooOld):
        opened(signing.dumps({"number": "B-1"}, salt="other"))


def test_an_old_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = STATED.sealed()
    monkeypatch.setattr(statements, "OPEN", -statements.OPEN)
    with pytest.raises(StatementTooOld):
        opened(sealed)


def test_its_content_names_what_was_chosen() -> None:
    rows = dict(STATED.content())
    assert rows["For"] == "1 × Dunes"
    assert rows["I withdraw from the contract of order"] == "B-1001"
    assert "Your words" not in rows


def test_the_whole_order_is_called_so() -> None:
    assert dict(Statement("B-1", "Ada", "a@b.c").content())["For"] == "the whole order"


def test_words_take_the_place_of_articles() -> None:
    rows = dict(Statement("B-1", "Ada", "a@b.c", "The blue one", is_whole=False).content())
    assert (rows["For"], rows["Your words"]) == ("the articles named below", "The blue one")


def test_a_moment_is_told_to_the_second_and_in_whose_time() -> None:
    at = datetime(2026, 11, 22, 10, 31, 7, tzinfo=UTC)
    assert statements.moment(at) == "22 November 2026, 10:31:07 UTC"
