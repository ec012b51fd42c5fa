import json

import pytest

from fakestripe import parameters
from fakestripe.api import CALLS
from tests.fakestripe.parameter_tables import TABLES, derive, describe


def test_the_stored_tables_are_what_the_installed_sdk_says() -> None:
    stored = json.loads(TABLES.read_text())
    assert stored == derive(), "run: python -m tests.fakestripe.parameter_tables"


def test_every_call_has_its_table_and_every_table_its_call() -> None:
    assert {call.operation for call in CALLS} == set(derive()) == set(parameters.tables())


def test_an_annotation_the_tables_do_not_know_is_an_error_not_a_guess() -> None:
    with pytest.raises(TypeError, match="know no"):
        describe(bytes)
