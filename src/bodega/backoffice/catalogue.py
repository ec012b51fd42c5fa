"""Products, categories, collections, attributes."""

from django.contrib import admin
from django.db.models import Count, Min, QuerySet, Sum
from django.http import HttpRequest
from django.utils.html import format_html

from bodega.backoffice.editing import ShopAdmin, ShopInline, money
from bodega.catalog import models


class Variants(ShopInline):
    model = models.Variant
    fields = ("sku", "title", "price", "compare_at", "weight", "barcode", "is_active", "position")
    money_fields = ("price", "compare_at")
    show_change_link = True


class Images(ShopInline):
    model = models.Image
    fields = ("original", "alt", "variant", "position")


class Values(ShopInline):
    model = models.AttributeValue
    fields = ("attribute", "value", "slug")
    prepopulated_fields = {"slug": ("value",)}


class Options(ShopInline):
    model = models.Option
    fields = ("name", "position")
    show_change_link = True


class Choices(ShopInline):
    model = models.OptionValue
    fields = ("value", "position")


class Items(ShopInline):
    model = models.CollectionItem
    autocomplete_fields = ("product",)
    fields = ("product", "position")


@admin.register(models.Product)
class ProductAdmin(ShopAdmin):
    list_display = ("picture", "title", "subtitle", "status", "category", "from_price", "available")
    list_display_links = ("picture", "title")
    list_filter = ("status", "category")
    search_fields = ("title", "subtitle", "variants__sku")
    search_help_text = "Title, artist or SKU"
    prepopulated_fields = {"slug": ("title",)}
    autocomplete_fields = ("category",)
    inlines = (Variants, Images, Values, Options)
    fieldsets = (
        (
            None,
            {"fields": (("title", "subtitle"), "description", "category", ("status", "tax_class"))},
        ),
        (
            "Search engines",
            {"fields": ("slug", "seo_title", "seo_description"), "classes": ["tab"]},
        ),
    )
    actions = ("activate", "archive")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[models.Product]":
        products: QuerySet[models.Product] = super().get_queryset(request)
        return (
            products.select_related("category")
            .prefetch_related("images")
            .annotate(
                cheapest=Min("variants__price"),
                left=Sum("variants__stock__on_hand") - Sum("variants__stock__reserved"),
            )
        )

    @admin.display(description="")
    def picture(self, product: models.Product) -> str:
        image = next(iter(product.images.all()), None)
        address = image.renditions.get("400") if image else None
        if not address:
            return "–"
        return format_html('<img src="/media/{}" alt="" class="bo-thumbnail">', address)

    @admin.display(description="from", ordering="cheapest")
    def from_price(self, product: models.Product) -> str:
        return money(getattr(product, "cheapest", None))

    @admin.display(description="available", ordering="left")
    def available(self, product: models.Product) -> int:
        return getattr(product, "left", None) or 0

    @admin.action(description="Put on sale")
    def activate(self, request: HttpRequest, chosen: "QuerySet[models.Product]") -> None:
        self._set_status(request, chosen, models.Product.Status.ACTIVE, "on sale")

    @admin.action(description="Archive (no longer sold, addresses kept)")
    def archive(self, request: HttpRequest, chosen: "QuerySet[models.Product]") -> None:
        self._set_status(request, chosen, models.Product.Status.ARCHIVED, "archived")

    def _set_status(
        self, request: HttpRequest, chosen: "QuerySet[models.Product]", status: str, words: str
    ) -> None:
        ids = list(chosen.values_list("pk", flat=True))
        count = models.Product.objects.filter(pk__in=ids).update(status=status)
        self.message_user(request, f"{count} products are {words} now.")


@admin.register(models.Option)
class OptionAdmin(ShopAdmin):
    list_display = ("name", "product")
    search_fields = ("name", "product__title")
    autocomplete_fields = ("product",)
    inlines = (Choices,)

    def has_module_permission(self, _request: HttpRequest) -> bool:
        return False  # reached from its product


@admin.register(models.Variant)
class VariantAdmin(ShopAdmin):
    list_display = ("sku", "product", "title", "shown_price", "is_active")
    list_filter = ("is_active",)
    search_fields = ("sku", "barcode", "title", "product__title")
    autocomplete_fields = ("product",)
    filter_horizontal = ("choices",)
    money_fields = ("price", "compare_at")
    list_select_related = ("product",)

    @admin.display(description="price", ordering="price")
    def shown_price(self, variant: models.Variant) -> str:
        return money(variant.price)


@admin.register(models.Category)
class CategoryAdmin(ShopAdmin):
    list_display = ("name", "parent", "position", "products_in_it")
    list_editable = ("position",)
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("parent",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[models.Category]":
        categories: QuerySet[models.Category] = super().get_queryset(request)
        return categories.select_related("parent").annotate(size=Count("products"))

    @admin.display(description="products", ordering="size")
    def products_in_it(self, category: models.Category) -> int:
        return getattr(category, "size", 0)


@admin.register(models.Collection)
class CollectionAdmin(ShopAdmin):
    list_display = ("name", "is_featured", "position")
    list_editable = ("is_featured", "position")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (Items,)


@admin.register(models.Attribute)
class AttributeAdmin(ShopAdmin):
    list_display = ("name", "code", "is_facet", "position")
    list_editable = ("is_facet", "position")
    prepopulated_fields = {"code": ("name",)}
