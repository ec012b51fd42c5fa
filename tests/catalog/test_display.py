"""A product on display: what is chosen, what else there is to choose, what is shown."""

from collections.abc import Callable

import pytest

from bodega.catalog.display import Display
from bodega.catalog.models import Category, Image, Option, OptionValue, Product, Variant
from tests.catalog.conftest import MakeProduct, MakeVariant

pytestmark = pytest.mark.django_db
Find = Callable[..., Display]


@pytest.fixture
def framed(make_product: MakeProduct, make_variant: MakeVariant) -> Product:
    """Sizes A4 and A3 in oak and black; there is no A3 in black, and A4 in oak is sold out."""
    product = make_product("Dunes", None)
    choices = {}
    for place, (name, values) in enumerate([("Size", "A4 A3"), ("Frame", "oak black")]):
        option = Option.objects.create(product=product, name=name, position=place)
        for position, value in enumerate(values.split()):
            choices[value] = OptionValue.objects.create(
                option=option, value=value, position=position
            )
    for place, (title, stock) in enumerate([("A4 oak", 0), ("A4 black", 9), ("A3 oak", 3)]):
        variant = make_variant(product, 1000 * (place + 1), stock, title=title, position=place)
        variant.choices.set([choices[word] for word in title.split()])
    return product


def show(product: Product, title: str = "") -> Display:
    wanted = product.variants.get(title=title).pk if title else None
    found = Display.find(product.slug, wanted)
    assert found is not None
    return found


def offered(display: Display) -> dict[str, str]:
    """Where each value leads; an asterisk marks what is chosen."""
    return {
        choice.value + "*" * choice.is_chosen: choice.leads_to.title
        for question in display.questions
        for choice in question.choices
    }


def test_the_first_that_can_be_bought_is_chosen(framed: Product) -> None:
    display = show(framed)
    assert display.chosen is not None
    assert (display.chosen.title, display.chosen.price) == ("A4 black", 2000)
    assert display.can_be_bought


def test_every_value_leads_to_the_nearest_variant(framed: Product) -> None:
    assert offered(show(framed, "A4 black")) == {
        "A4*": "A4 black", "A3": "A3 oak", "oak": "A4 oak", "black*": "A4 black",
    }  # fmt: skip
    assert offered(show(framed, "A3 oak")) == {
        "A4": "A4 oak", "A3*": "A3 oak", "oak*": "A3 oak", "black": "A4 black",
    }  # fmt: skip


def test_options_and_values_come_in_the_merchants_order(framed: Product) -> None:
    assert [question.name for question in show(framed).questions] == ["Size", "Frame"]
    Option.objects.filter(name="Size").update(position=5)
    assert [question.name for question in show(framed).questions] == ["Frame", "Size"]


def test_a_wanted_variant_is_shown_even_if_it_is_sold_out(framed: Product) -> None:
    display = show(framed, "A4 oak")
    assert display.chosen is not None
    assert display.chosen.stock.text == "Sold out"
    assert not display.can_be_bought


def test_variants_that_are_not_offered_cannot_be_chosen(framed: Product) -> None:
    hidden = framed.variants.get(title="A3 oak")
    Variant.objects.filter(pk=hidden.pk).update(is_active=False)
    display = Display.find(framed.slug, hidden.pk)
    assert display is not None
    assert display.chosen is not None
    assert display.chosen.title == "A4 black"
    assert "A3" not in offered(display)


def test_a_variant_of_another_product_cannot_be_chosen(
    framed: Product, make_product: MakeProduct
) -> None:
    other = make_product("Sea").variants.get()
    display = Display.find(framed.slug, other.pk)
    assert display is not None
    assert display.chosen is not None
    assert display.chosen.title == "A4 black"


def test_variants_without_options_are_listed(
    make_product: MakeProduct, make_variant: MakeVariant
) -> None:
    product = make_product("Dunes")
    assert not show(product).needs_list
    make_variant(product, title="Large")
    display = show(product)
    assert display.needs_list
    assert display.questions == []


def test_a_product_without_variants_is_shown_but_not_sold(make_product: MakeProduct) -> None:
    display = show(make_product("Dunes", None))
    assert (display.chosen, display.articles, display.questions) == (None, [], [])
    assert not display.can_be_bought


def test_the_quantity_is_limited_by_what_is_left_only_when_that_is_public(
    make_product: MakeProduct,
) -> None:
    scarce, plenty = show(make_product("A", on_hand=3)), show(make_product("B", on_hand=50))
    assert scarce.chosen is not None
    assert plenty.chosen is not None
    assert (scarce.chosen.most, plenty.chosen.most) == (3, 99)


def test_pictures_of_the_chosen_variant_come_first(framed: Product) -> None:
    for position, title in enumerate(["A3 oak", "", "A4 black"]):
        variant = framed.variants.filter(title=title).first()
        image = Image(product=framed, variant=variant, alt=title or "all", position=position)
        image.renditions = {"400": f"img/{position}.webp"}
        image.width, image.height = 400, 300
        Image.objects.bulk_create([image])
    assert [p.alt for p in show(framed, "A4 black").pictures] == ["A4 black", "all", "A3 oak"]
    assert [p.alt for p in show(framed, "A3 oak").pictures] == ["A3 oak", "all", "A4 black"]
    first = show(framed, "A3 oak").pictures[0]
    assert (first.renditions, first.width, first.height) == ({"400": "img/0.webp"}, 400, 300)


def test_facts_join_the_values_of_an_attribute(make_product: MakeProduct) -> None:
    product = make_product("Dunes", style="Abstract", colour="Blue")
    product.attribute_values.create(
        attribute=product.attribute_values.get(value="Blue").attribute, value="Red"
    )
    assert {fact.name: fact.value for fact in show(product).facts} == {
        "Colour": "Blue, Red",
        "Style": "Abstract",
    }


def test_kin_are_others_of_the_same_category(make_product: MakeProduct, category: Category) -> None:
    product = make_product("Dunes", category=category)
    make_product("Hills", category=category)
    make_product("Draft", category=category, status="draft")
    make_product("Sea")
    assert [card.title for card in show(product).kin()] == ["Hills"]


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_only_active_products_are_displayed(status: str, make_product: MakeProduct) -> None:
    assert Display.find(make_product("Dunes", status=status).slug) is None
