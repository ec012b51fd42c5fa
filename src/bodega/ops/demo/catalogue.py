"""The demo shop's catalogue: categories, prints with their variants and stock, collections, facets.

Everything is inserted in bulk, so that the shop is there in seconds; what `catalog.stock` would have
written for each delivery (a Movement) is written here too, so that an audit finds nothing to say.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from bodega.catalog.models import (
    Attribute,
    AttributeValue,
    Category,
    Collection,
    CollectionItem,
    Movement,
    Option,
    OptionValue,
    Product,
    Stock,
    Variant,
)
from bodega.lib.text import slugify
from bodega.ops.demo.prints import FRAMES, REDUCED, Print, prints

ACTOR = "demo"
# name, what it is, children (name, what it is)
TREE = (
    (
        "Abstract",
        "Shapes that mean only themselves.",
        (
            ("Geometric", "Circles, bars and grids, weighed until they balance."),
            ("Cut-outs", "Painted paper, scissors, and a steady hand."),
        ),
    ),
    (
        "Lines",
        "Pictures made of nothing but lines.",
        (
            ("Contours", "Maps of places that do not exist."),
            ("Currents", "Wind and water, drawn stroke by stroke."),
        ),
    ),
    (
        "Nature",
        "Hills, plants and the hour before dark.",
        (
            ("Landscapes", "Layered hills and a sun that takes its time."),
            ("Botanical", "Plants drawn by the rules by which they grow."),
        ),
    ),
    (
        "Patterns",
        "Repetition, and the small mistake that makes it interesting.",
        (
            ("Tiles", "One tile, many walls."),
            ("Optical", "What moves here moves in your eye."),
            ("Signs", "Alphabets nobody reads and everybody understands."),
        ),
    ),
)
COLLECTIONS = (
    (
        "Bestsellers",
        "What most people carry home.",
        True,
        (
            "blue-hour",
            "quarter-past",
            "fern-study",
            "slow-current",
            "siesta",
            "night-ridge",
            "half-moons",
            "low-sun-over-dunes",
        ),
    ),
    (
        "Quiet rooms",
        "Prints that lower the volume.",
        True,
        (
            "signal",
            "winter-umbel",
            "ice-on-the-lake",
            "survey-no-4",
            "first-light-ridge",
            "shoal",
            "letter-to-nobody",
            "moss-country",
        ),
    ),
    (
        "Limited editions",
        "Pulled by hand, numbered and signed.",
        False,
        ("counterweight", "fig-and-shadow", "chapel-window"),
    ),
    (
        "Loud and happy",
        "For kitchens, hallways and people who laugh a lot.",
        False,
        (
            "loud-tuesday",
            "playground",
            "sunflower-arithmetic",
            "shop-signs",
            "quarter-past",
            "chapel-window",
        ),
    ),
)
ON_SALE = {"survey-no-9", "terracotta-court", "heat-haze", "red-branch", "crane-and-moon"}
SOLD_OUT = {"two-ripples"}
RUNNING_LOW = {"fig-and-shadow", "dandelion-clock", "shoal"}
ON_BACKORDER = {"rose-valley"}  # its large framed sizes
LIFE_OF_SHOP = timedelta(days=140)


def fill_shelves(random: Random, now: datetime) -> list[Product]:
    """Write the whole catalogue; the products in the order of `prints()`."""
    opened = now - LIFE_OF_SHOP
    categories = _categories()
    products = Product.objects.bulk_create(
        _product(item, categories[item.category], opened + timedelta(days=3 * number))
        for number, item in enumerate(prints())
    )
    variants = _variants(products)
    _stock(variants, random)
    _attributes(products)
    _collections({product.slug: product for product in products})
    return products


def _categories() -> dict[str, Category]:
    """The tree, two levels deep; by slug."""
    tops = Category.objects.bulk_create(
        Category(name=name, slug=slugify(name), description=text, position=position)
        for position, (name, text, _) in enumerate(TREE)
    )
    children = Category.objects.bulk_create(
        Category(parent=top, name=name, slug=slugify(name), description=text, position=position)
        for top, (_, _, below) in zip(tops, TREE, strict=True)
        for position, (name, text) in enumerate(below)
    )
    return {category.slug: category for category in children}


def _product(item: Print, category: Category, since: datetime) -> Product:
    return Product(
        title=item.title,
        slug=item.slug,
        subtitle=item.artist,
        description=item.description,
        status=Product.Status.ACTIVE,
        category=category,
        created_at=since,
        tax_class="reduced" if item.is_limited else "standard",
        seo_description=f"{item.title} by {item.artist}, art print: {item.text}"[:157].rstrip()
        + "…",
    )


def _variants(products: list[Product]) -> list[Variant]:
    """Size × frame for every product, linked to the option values they stand for."""
    pairs = list(zip(products, prints(), strict=True))
    options = Option.objects.bulk_create(
        Option(product=product, name=name, position=position)
        for product, _ in pairs
        for position, name in enumerate(("Size", "Frame"))
    )
    values = OptionValue.objects.bulk_create(
        OptionValue(option=option, value=value, position=position)
        for number, option in enumerate(options)
        for position, value in enumerate(FRAMES if number % 2 else pairs[number // 2][1].sizes)
    )
    variants = Variant.objects.bulk_create(
        variant for number, pair in enumerate(pairs) for variant in _variants_of(number + 1, *pair)
    )
    by_choice = {(value.option.product_id, value.value): value for value in values}
    link = Variant.choices.through
    link.objects.bulk_create(
        link(variant=variant, optionvalue=by_choice[variant.product_id, choice])
        for variant in variants
        for choice in variant.title.split(" / ")
    )
    return variants


def _variants_of(number: int, product: Product, item: Print) -> Iterator[Variant]:
    for size, size_name in enumerate(item.sizes):
        for frame in FRAMES:
            price = item.price(size, frame)
            on_sale = item.slug in ON_SALE
            yield Variant(
                product=product,
                sku=f"BP{number:02d}-{'SML'[size]}{frame[0]}",
                title=f"{size_name} / {frame}",
                price=round(price * REDUCED / 100) * 100 if on_sale else price,
                compare_at=price if on_sale else None,
                weight=item.weight(size, frame),
                position=size * len(FRAMES) + FRAMES.index(frame),
            )


def _stock(variants: list[Variant], random: Random) -> None:
    """What is on the shelves today; `history` notes the deliveries, it knows what was sold since."""
    stocks = [
        Stock(
            variant=variant,
            on_hand=_on_hand(variant, random),
            may_backorder=variant.product.slug in ON_BACKORDER and variant.position > 5,
        )
        for variant in variants
    ]
    Stock.objects.bulk_create(stocks)


def receive(deliveries: list[tuple[int, int]], at: datetime) -> None:
    """Ledger rows for goods that came in: (variant id, quantity)."""
    Movement.objects.bulk_create(
        Movement(
            variant_id=variant_id,
            reason=Movement.Reason.RECEIVED,
            on_hand_delta=quantity,
            actor=ACTOR,
            note="First delivery",
            at=at,
        )
        for variant_id, quantity in deliveries
        if quantity
    )


def _on_hand(variant: Variant, random: Random) -> int:
    slug = variant.product.slug
    if slug in SOLD_OUT or (slug in ON_BACKORDER and variant.position > 5):
        return 0
    if slug in RUNNING_LOW:
        return random.randint(2, 4)
    return random.randint(8, 60)


def _attributes(products: list[Product]) -> None:
    """Style, colour and orientation, offered as filters."""
    style, colour, shape = Attribute.objects.bulk_create(
        Attribute(code=slugify(name), name=name, position=position)
        for position, name in enumerate(("Style", "Colour", "Orientation"))
    )
    AttributeValue.objects.bulk_create(
        AttributeValue(product=product, attribute=attribute, value=value, slug=slugify(value))
        for product, item in zip(products, prints(), strict=True)
        for attribute, values in (
            (style, (item.style,)),
            (colour, item.colours),
            (shape, (item.shape.capitalize(),)),
        )
        for value in values
    )


def _collections(products: dict[str, Product]) -> None:
    for position, (name, text, is_featured, slugs) in enumerate(COLLECTIONS):
        collection = Collection.objects.create(
            name=name,
            slug=slugify(name),
            description=text,
            position=position,
            is_featured=is_featured,
        )
        CollectionItem.objects.bulk_create(
            CollectionItem(collection=collection, product=products[slug], position=place)
            for place, slug in enumerate(slugs)
        )
