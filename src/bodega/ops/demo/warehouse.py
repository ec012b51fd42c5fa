"""A large catalogue for measuring: plain prints in bulk, some five hundred a second.

They have one to three variants, no pictures of their own (they share those of the 36 prints), and
titles that give the search something to do.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from bodega.catalog.models import (
    Attribute,
    AttributeValue,
    Category,
    Image,
    Option,
    OptionValue,
    Product,
    Stock,
    Variant,
)
from bodega.lib.text import slugify
from bodega.ops.demo import catalogue
from bodega.ops.demo.prints import SHEETS, prints

BATCH = 2_000
SUBJECTS = ("Harbour", "Meadow", "Orchard", "Quarry", "Lantern", "Bridge", "Glacier", "Forest")
MOODS = ("Silent", "Golden", "Distant", "Broken", "Electric", "Velvet", "Winter", "Copper")
FORMS = ("Study", "Variation", "Fragment", "Nocturne", "Sketch", "Map", "Echo", "Score")


def fill(count: int, random: Random, now: datetime) -> None:
    """Add `count` plain prints (nothing for zero or less)."""
    if count <= 0:
        return
    categories = list(Category.objects.filter(parent__isnull=False))
    facets = {attribute.code: attribute for attribute in Attribute.objects.all()}
    images = list(Image.objects.filter(position=0))
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        products = Product.objects.bulk_create(
            _product(number, categories, random, now) for number in numbers
        )
        _add_variants(products, random, now)
        AttributeValue.objects.bulk_create(_facts(products, facets, random))
        Image.objects.bulk_create(
            _shared(image, product) for image, product in _pairs(products, images)
        )


def _product(number: int, categories: list[Category], random: Random, now: datetime) -> Product:
    title = f"{random.choice(MOODS)} {random.choice(SUBJECTS)}, {random.choice(FORMS)} {number + 1}"
    model = random.choice(prints())
    return Product(
        title=title,
        slug=slugify(title),
        subtitle=model.artist,
        description=model.text,
        status=Product.Status.ACTIVE,
        category=random.choice(categories),
        created_at=now - timedelta(days=400, minutes=number),
    )


def _add_variants(products: list[Product], random: Random, now: datetime) -> None:
    """One size each for half of them, all three for the rest; plenty in stock."""
    options = Option.objects.bulk_create(
        Option(product=product, name="Size") for product in products
    )
    values = OptionValue.objects.bulk_create(
        OptionValue(option=option, value=size, position=position)
        for option in options
        for position, size in enumerate(SHEETS[: random.choice((1, 3))])
    )
    variants = Variant.objects.bulk_create(
        Variant(
            product=value.option.product,
            sku=f"W{value.option.product_id:07d}-{value.position}",
            title=value.value,
            price=random.randint(15, 90) * 100,
            weight=200,
            position=value.position,
        )
        for value in values
    )
    link = Variant.choices.through
    link.objects.bulk_create(
        link(variant=variant, optionvalue=value)
        for variant, value in zip(variants, values, strict=True)
    )
    stocks = [Stock(variant=variant, on_hand=random.randint(0, 200)) for variant in variants]
    Stock.objects.bulk_create(stocks)
    catalogue.receive([(stock.variant_id, stock.on_hand) for stock in stocks], now)


def _facts(
    products: list[Product], facets: dict[str, Attribute], random: Random
) -> Iterator[AttributeValue]:
    for product in products:
        model = random.choice(prints())
        facts = {"style": model.style, "colour": model.colours[0], "orientation": model.shape}
        for code, value in facts.items():
            yield AttributeValue(
                product=product,
                attribute=facets[code],
                value=value.capitalize(),
                slug=slugify(value),
            )


def _pairs(products: list[Product], images: list[Image]) -> Iterator[tuple[Image, Product]]:
    for number, product in enumerate(products):
        if images:
            yield images[number % len(images)], product


def _shared(image: Image, product: Product) -> Image:
    return Image(
        product=product,
        original=image.original.name,
        alt=image.alt,
        width=image.width,
        height=image.height,
        renditions=image.renditions,
    )
