"""Products and where they stand. Prices are minor units of the merchant's currency."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from bodega import outbox
from bodega.catalog import slugs
from bodega.catalog.uploads import check_picture, originals
from bodega.lib.clock import utc_now


class Addressed(models.Model):
    """Something with a page of its own; its old addresses keep working (`slugs`)."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and remember the address that was, in one transaction."""
        with transaction.atomic():
            slugs.before_save(self, kwargs.get("update_fields"))
            super().save(*args, **kwargs)


class Category(Addressed):
    """A node of the category tree."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    name = models.CharField(max_length=80)
    slug = models.SlugField(
        max_length=100,
        unique=True,
        blank=True,
        help_text="Its address; made from the name if empty.",
    )
    description = models.TextField(blank=True, help_text="Markdown.")
    position = models.PositiveSmallIntegerField(default=0)
    seo_title = models.CharField(max_length=70, blank=True)
    seo_description = models.CharField(max_length=160, blank=True)

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/c/{self.slug}/"

    def clean(self) -> None:
        """A category cannot be below itself: its page would have no way up."""
        above, seen = self.parent, {self.pk}
        while above:
            if above.pk in seen:
                raise ValidationError(
                    {"parent": f"“{above.name}” cannot be above “{self.name}”: it is below it."}
                )
            seen.add(above.pk)
            above = above.parent


class Collection(Addressed):
    """A hand-picked group of products: "New", "Under 50 €"."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(
        max_length=100,
        unique=True,
        blank=True,
        help_text="Its address; made from the name if empty.",
    )
    description = models.TextField(blank=True, help_text="Markdown.")
    position = models.PositiveSmallIntegerField(default=0)
    is_featured = models.BooleanField(default=False, help_text="Shown on the home page.")
    seo_title = models.CharField(max_length=70, blank=True)
    seo_description = models.CharField(max_length=160, blank=True)
    products: models.ManyToManyField["Product", "CollectionItem"] = models.ManyToManyField(
        "Product", through="CollectionItem", related_name="collections"
    )

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/collections/{self.slug}/"


class CollectionItem(models.Model):
    """A product's place in a collection."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="items")
    product = models.ForeignKey("Product", models.CASCADE, related_name="collection_items")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "product"], name="product_once_per_collection"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product} in {self.collection}"


class Product(Addressed):
    """Something to sell; what is bought is one of its variants."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        ARCHIVED = "archived", "Archived"

    title = models.CharField(max_length=120)
    slug = models.SlugField(
        max_length=140,
        unique=True,
        blank=True,
        help_text="Its address; made from the title if empty.",
    )
    subtitle = models.CharField(max_length=120, blank=True, help_text="The artist, the brand.")
    description = models.TextField(blank=True, help_text="Markdown.")
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="products"
    )
    tax_class = models.SlugField(
        max_length=20, default="standard", help_text="Code of a tax class."
    )
    prominence = models.PositiveSmallIntegerField(
        default=0, help_text="Higher comes first where customers have not chosen an order."
    )
    seo_title = models.CharField(max_length=70, blank=True)
    seo_description = models.CharField(max_length=160, blank=True)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["status", "category", "-created_at"], name="product_listing"),
            models.Index(fields=["status", "-created_at"], name="product_newest"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/p/{self.slug}/"


class Attribute(models.Model):
    """A property products are filtered by: style, colour, orientation."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=40)
    is_facet = models.BooleanField(default=True, help_text="Offered as a filter in listings.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class AttributeValue(models.Model):
    """A product's value for an attribute."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="attribute_values")
    attribute = models.ForeignKey(Attribute, models.CASCADE, related_name="values")
    value = models.CharField(max_length=60)
    slug = models.SlugField(
        max_length=60,
        blank=True,
        help_text="How it appears in addresses; made from the value if empty.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "attribute", "slug"], name="value_once_per_product"
            )
        ]
        indexes = [models.Index(fields=["attribute", "slug"], name="facet")]

    def __str__(self) -> str:
        return f"{self.attribute}: {self.value}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; the slug follows the value unless the merchant chose one."""
        self.slug = self.slug or slugs.slug_of(self.value, "value", 60)
        super().save(*args, **kwargs)


class Option(models.Model):
    """What a customer chooses on a product: size, frame."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="options")
    name = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="option_once_per_product")
        ]

    def __str__(self) -> str:
        return self.name


class OptionValue(models.Model):
    """One of the choices: A3, oak."""

    option = models.ForeignKey(Option, models.CASCADE, related_name="values")
    value = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["option", "value"], name="choice_once_per_option")
        ]

    def __str__(self) -> str:
        return self.value


class Variant(models.Model):
    """The thing that is bought: one price, one SKU, one stock."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants")
    sku = models.CharField("SKU", max_length=40, unique=True)
    barcode = models.CharField(max_length=20, blank=True, help_text="EAN, UPC or ISBN.")
    title = models.CharField(max_length=120, blank=True, help_text='Its choices: "A3 / oak".')
    price = models.PositiveIntegerField(help_text="Minor units (cents).")
    compare_at = models.PositiveIntegerField(
        null=True, blank=True, help_text="The struck-through price."
    )
    weight = models.PositiveIntegerField(default=0, help_text="Grams.")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    choices = models.ManyToManyField(OptionValue, blank=True, related_name="variants")

    class Meta:
        ordering = ["position", "pk"]
        indexes = [
            models.Index(fields=["product", "is_active", "price"], name="variant_offer"),
        ]

    def __str__(self) -> str:
        return f"{self.product.title} – {self.title}" if self.title else self.product.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new variant brings its stock with it, with nothing on hand."""
        is_new = self._state.adding
        with transaction.atomic():
            super().save(*args, **kwargs)
            if is_new:
                Stock.objects.get_or_create(variant=self)


class Stock(models.Model):
    """How many there are of a variant, and how many of them are promised to somebody.

    Changed only by `catalog.stock`, in guarded updates that also write a Movement.
    """

    variant = models.OneToOneField(Variant, models.CASCADE, related_name="stock", primary_key=True)
    is_tracked = models.BooleanField(default=True, help_text="Untracked stock never runs out.")
    may_backorder = models.BooleanField(default=False, help_text="Sell on when nothing is left.")
    on_hand = models.IntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    low_at = models.PositiveSmallIntegerField(
        default=5, help_text="Warn the merchant at this many."
    )

    class Meta:
        verbose_name_plural = "stock"

    def __str__(self) -> str:
        return f"{self.variant.sku}: {self.on_hand} on hand, {self.reserved} reserved"

    @property
    def available(self) -> int:
        """How many can still be promised (may be negative after backorders)."""
        return self.on_hand - self.reserved


class Reservation(models.Model):
    """Stock promised to an order that is being paid."""

    class State(models.TextChoices):
        HELD = "held", "Held"
        SOLD = "sold", "Sold"
        RELEASED = "released", "Released"

    reference = models.CharField(max_length=40, help_text="Public id of the order.")
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="reservations")
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.HELD)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=utc_now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "variant"], name="one_reservation_per_line"
            )
        ]
        indexes = [models.Index(fields=["state", "expires_at"], name="reservation_expiry")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id} for {self.reference} ({self.state})"


class Movement(models.Model):
    """The ledger of stock: every change, with reason and actor. Never updated."""

    class Reason(models.TextChoices):
        RECEIVED = "received", "Received"
        COUNTED = "counted", "Counted"
        RESERVED = "reserved", "Reserved"
        RELEASED = "released", "Released"
        SOLD = "sold", "Sold"
        RETURNED = "returned", "Returned"
        DAMAGED = "damaged", "Damaged or lost"

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="movements")
    reason = models.CharField(max_length=10, choices=Reason)
    on_hand_delta = models.IntegerField(default=0)
    reserved_delta = models.IntegerField(default=0)
    reference = models.CharField(max_length=60, blank=True)
    actor = models.CharField(max_length=80, default="shop")
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=utc_now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.reason} {self.on_hand_delta:+d}"


class Image(models.Model):
    """A picture of a product. Three WebP sizes are made by a job after the upload."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images")
    variant = models.ForeignKey(
        Variant, models.SET_NULL, null=True, blank=True, related_name="images"
    )
    original = models.ImageField(
        upload_to="originals/",
        storage=originals,
        width_field="width",
        height_field="height",
        validators=[check_picture],
        help_text="JPEG, PNG or WebP; three sizes for the shop are made from it.",
    )
    alt = models.CharField("alternative text", max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)
    # {"400": "img/ab12cd-400.webp", "800": …, "1600": …}: by width in pixels, addresses below MEDIA_URL;
    # empty until resized. `width` and `height` are then those of the upright picture.
    renditions = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.alt or str(self.original)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new file is resized by a job that the same transaction asks for."""
        from bodega.catalog import jobs  # the job's module reads this one

        has_new_file = not getattr(self.original, "_committed", True)
        if has_new_file:
            self.renditions = {}
        with transaction.atomic():
            super().save(*args, **kwargs)
            if has_new_file:
                outbox.put(jobs.resize_picture, self.pk)


class OldSlug(models.Model):
    """A slug that was; its page answers 301 to where the thing is now."""

    kind = models.CharField(max_length=12, help_text="product, category or collection")
    slug = models.SlugField(max_length=140)
    target = models.PositiveBigIntegerField(help_text="Primary key of the thing.")
    at = models.DateTimeField(default=utc_now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "slug"], name="old_slug_once")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.slug}"
