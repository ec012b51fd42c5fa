"""The back office's menu, in the merchant's words."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static

# group → (words, symbol, admin page)
MENU: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Shop": (
        ("Orders", "receipt_long", "orders_order"),
        ("Withdrawals", "assignment_return", "orders_withdrawal"),
        ("Refunds", "undo", "payments_refund"),
        ("Disputes", "gavel", "payments_dispute"),
        ("Invoices", "description", "orders_invoice"),
        ("Products", "image", "catalog_product"),
        ("Stock", "inventory_2", "catalog_stock"),
        ("Categories", "account_tree", "catalog_category"),
        ("Collections", "collections_bookmark", "catalog_collection"),
        ("Discounts", "sell", "discounts_discount"),
    ),
    "Settings": (
        ("Merchant", "storefront", "merchant_merchant"),
        ("Pages", "article", "merchant_page"),
        ("Mails", "draft", "orders_mailtemplate"),
        ("Shipping", "local_shipping", "shipping_zone"),
        ("Taxes", "account_balance", "taxes_taxclass"),
        ("Attributes", "tune", "catalog_attribute"),
        ("People", "group", "customers_user"),
        ("API keys", "key", "customers_apikey"),
    ),
    "Machine room": (
        ("Payments", "payments", "payments_attempt"),
        ("Ledger", "menu_book", "payments_ledgerentry"),
        ("Reconciliation", "balance", "payments_discrepancy"),
        ("Stripe events", "inbox", "payments_webhookevent"),
        ("Sent mails", "mail", "orders_mail"),
        ("Jobs", "work_history", "jobs_job"),
        ("Outbox", "outbox", "outbox_message"),
    ),
}


def sidebar(_request: HttpRequest) -> list[dict[str, Any]]:
    """What unfold asks for; a page the person may not see is left out by its permission."""
    groups: list[dict[str, Any]] = [
        {"items": [{"title": "Dashboard", "icon": "dashboard", "link": "/backoffice/"}]}
    ]
    for title, entries in MENU.items():
        items = [
            {
                "title": words,
                "icon": symbol,
                "link": f"/backoffice/{page.replace('_', '/', 1)}/",
                "permission": may_view(page),
            }
            for words, symbol, page in entries
        ]
        groups.append({"title": title, "separator": True, "items": items})
    return groups


def may_view(page: str) -> Any:
    """A question unfold asks per request: may this person see the page?"""
    app, model = page.split("_", 1)
    return lambda request: request.user.has_perm(f"{app}.view_{model}")


def stylesheet(_request: HttpRequest) -> str:
    """The address of the back office's own styles."""
    return static("backoffice/backoffice.css")
