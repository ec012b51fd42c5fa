"""Countries as people read them."""

from bodega.shipping import countries
from tests.shipping.conftest import MakeMethod


def test_a_country_is_called_as_the_language_calls_it() -> None:
    assert countries.name("DE", "en") == "Germany"
    assert countries.name("DE", "de-AT") == "Deutschland"
    assert countries.name("QQ", "en") == "QQ"


def test_choices_are_in_the_order_of_their_names(make_method: MakeMethod) -> None:
    for code in ["AT", "DE", "ES", "AX"]:
        make_method([(0, None, 1)], country=code)
    assert [name for _, name in countries.choices("en")] == [
        "Åland Islands",
        "Austria",
        "Germany",
        "Spain",
    ]
    assert [code for code, _ in countries.choices("de")] == ["AX", "DE", "AT", "ES"]
