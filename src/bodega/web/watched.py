"""What the kept pages are made of: the tables whose changes make them void.

One list for the whole shop. Left out on purpose: carts, orders, payments, customers (no page that is
kept shows them), reservations and movements of stock (their sum shows in `catalog_stock`).
"""

from bodega.databases.changes import Watched, columns

COUNTER = "pages"

# A product page says "in stock" of 500 as of 499, and names the number only when it is low; so
# selling from plentiful stock voids nothing. One above the limit tells "low" from "in".
SHOWN_STOCK = (
    "CASE WHEN {row}.on_hand - {row}.reserved <= 0 THEN 0"
    " WHEN {row}.on_hand - {row}.reserved > {row}.low_at THEN {row}.low_at + 1"
    " ELSE {row}.on_hand - {row}.reserved END"
)

WATCHED = (
    Watched("merchant_merchant"),
    Watched("merchant_page"),
    Watched("catalog_category"),
    Watched("catalog_collection"),
    Watched("catalog_collectionitem"),
    Watched("catalog_product"),
    Watched("catalog_attribute"),
    Watched("catalog_attributevalue"),
    Watched("catalog_option"),
    Watched("catalog_optionvalue"),
    Watched("catalog_variant"),
    Watched("catalog_variant_choices"),
    Watched("catalog_stock", (*columns("is_tracked", "may_backorder", "low_at"), SHOWN_STOCK)),
    Watched("catalog_image"),
    Watched("catalog_oldslug"),
    Watched("taxes_taxclass"),
    Watched("taxes_taxrate"),
    Watched("shipping_zone"),
    Watched("shipping_zonecountry"),
    Watched("shipping_method"),
    Watched("shipping_band"),
)
