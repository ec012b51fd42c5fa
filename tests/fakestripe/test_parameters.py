import pytest

from fakestripe import parameters
from fakestripe.errors import ApiError
from fakestripe.forms import decode
from fakestripe.metadata import LONGEST_KEY, LONGEST_VALUE, MOST_KEYS

SESSION = "checkout.sessions.create"


def refused(operation: str, encoded: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        parameters.check(operation, decode(encoded))
    return caught.value


def test_values_get_their_types() -> None:
    checked = parameters.check(
        SESSION, decode("expires_at=17&allow_promotion_codes=true&line_items[0][price]=p&locale=de")
    )
    assert checked == {
        "expires_at": 17,
        "allow_promotion_codes": True,
        "line_items": [{"price": "p"}],
        "locale": "de",
    }


def test_list_items_keep_the_order_of_their_numbers() -> None:
    checked = parameters.check("events.list", decode("types[10]=c&types[9]=b&types[0]=a"))
    assert checked["types"] == ["a", "b", "c"]


def test_an_unknown_parameter_is_refused_by_name() -> None:
    error = refused(SESSION, "foo=1").error
    assert error["code"] == "parameter_unknown"
    assert error["message"] == "Received unknown parameter: foo"
    assert error["param"] == "foo"


def test_an_unknown_nested_parameter_is_refused_with_its_path() -> None:
    error = refused(SESSION, "line_items[0][price_data][currency]=eur&line_items[0][foo]=1").error
    assert error["message"] == "Received unknown parameter: line_items[0][foo]"


def test_several_unknown_parameters_are_all_named() -> None:
    assert "parameters: bar, foo" in str(refused(SESSION, "bar=1&foo=1"))


def test_the_renamed_payment_method_types_is_unknown_to_this_version() -> None:
    assert refused(SESSION, "payment_method_types[]=card").error["code"] == "parameter_unknown"


def test_a_missing_parameter_is_named() -> None:
    error = refused(SESSION, "line_items[0][price_data][unit_amount]=1").error
    assert error["code"] == "parameter_missing"
    assert error["param"] == "line_items[0][price_data][currency]"


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        ("expires_at=soon", "Invalid integer: soon"),
        ("expires_at=1.5", "Invalid integer: 1.5"),
        ("expires_at=%D9%A1", "Invalid integer: ١"),
        ("allow_promotion_codes=yes", "Invalid boolean: yes"),
        ("ui_mode=hosted", "must be one of elements, embedded_page, form, or hosted_page"),
        ("line_items=x", "Invalid array"),
        ("line_items[a][price]=p", "Invalid array"),
        ("success_url[a]=p", "Invalid string"),
        ("payment_intent_data=p", "Invalid object"),
        ("success_url=", "You passed an empty string for 'success_url'"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(encoded: str, message: str) -> None:
    assert message in str(refused(SESSION, encoded))


def test_a_parameter_that_may_be_unset_can_be_emptied() -> None:
    assert parameters.check("customers.update", decode("address=&metadata=")) == {
        "address": "",
        "metadata": "",
    }


def test_a_date_filter_is_a_moment_or_a_range() -> None:
    assert parameters.check("events.list", decode("created=5")) == {"created": 5}
    assert parameters.check("events.list", decode("created[gte]=5")) == {"created": {"gte": 5}}


def test_metadata_at_its_limits_is_taken() -> None:
    pairs = "&".join(
        f"metadata[{n:0{LONGEST_KEY}}]={'v' * LONGEST_VALUE}" for n in range(MOST_KEYS)
    )
    assert len(parameters.check(SESSION, decode(pairs))["metadata"]) == MOST_KEYS


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        (f"metadata[{'k' * (LONGEST_KEY + 1)}]=v", "keys can have up to 40 characters"),
        (f"metadata[k]={'v' * (LONGEST_VALUE + 1)}", "values can have up to 500 characters"),
        ("&".join(f"metadata[{n}]=v" for n in range(MOST_KEYS + 1)), "up to 50 keys"),
        (
            f"payment_intent_data[metadata][k]={'v' * (LONGEST_VALUE + 1)}",
            "values can have up to 500 characters",
        ),
    ],
)
def test_metadata_beyond_its_limits_is_refused(encoded: str, message: str) -> None:
    assert message in str(refused(SESSION, encoded))
