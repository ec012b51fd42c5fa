"""Derives fakestripe's parameter tables from the official SDK's typed parameter classes.

Run `python tests/fakestripe/parameter_tables.py` after raising the SDK; a test compares the
stored file with what this module derives, so a forgotten run is noticed. The tables are data,
so that fakestripe itself never imports the SDK (5.4).
"""

import json
import types
from decimal import Decimal
from pathlib import Path
from typing import Any, Dict, List, Literal, Union, get_args, get_origin, get_type_hints  # noqa: UP035 - the SDK's own spelling is what we compare with

import stripe
from stripe import _request_options
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import is_typeddict

import fakestripe

TABLES = Path(fakestripe.__file__).with_name("parameters.json")

OPERATIONS = {
    "balance_transactions.list": "BalanceTransactionListParams",
    "balance_transactions.retrieve": "BalanceTransactionRetrieveParams",
    "charges.list": "ChargeListParams",
    "charges.retrieve": "ChargeRetrieveParams",
    "charges.update": "ChargeUpdateParams",
    "checkout.sessions.create": "checkout.SessionCreateParams",
    "checkout.sessions.expire": "checkout.SessionExpireParams",
    "checkout.sessions.line_items": "checkout.SessionLineItemListParams",
    "checkout.sessions.list": "checkout.SessionListParams",
    "checkout.sessions.retrieve": "checkout.SessionRetrieveParams",
    "checkout.sessions.update": "checkout.SessionUpdateParams",
    "coupons.create": "CouponCreateParams",
    "coupons.delete": "CouponDeleteParams",
    "coupons.list": "CouponListParams",
    "coupons.retrieve": "CouponRetrieveParams",
    "coupons.update": "CouponUpdateParams",
    "customers.create": "CustomerCreateParams",
    "customers.delete": "CustomerDeleteParams",
    "customers.list": "CustomerListParams",
    "customers.retrieve": "CustomerRetrieveParams",
    "customers.update": "CustomerUpdateParams",
    "disputes.close": "DisputeCloseParams",
    "disputes.list": "DisputeListParams",
    "disputes.retrieve": "DisputeRetrieveParams",
    "disputes.update": "DisputeUpdateParams",
    "events.list": "EventListParams",
    "events.retrieve": "EventRetrieveParams",
    "payment_intents.cancel": "PaymentIntentCancelParams",
    "payment_intents.capture": "PaymentIntentCaptureParams",
    "payment_intents.confirm": "PaymentIntentConfirmParams",
    "payment_intents.create": "PaymentIntentCreateParams",
    "payment_intents.list": "PaymentIntentListParams",
    "payment_intents.retrieve": "PaymentIntentRetrieveParams",
    "payment_intents.update": "PaymentIntentUpdateParams",
    "payment_methods.attach": "PaymentMethodAttachParams",
    "payment_methods.create": "PaymentMethodCreateParams",
    "payment_methods.detach": "PaymentMethodDetachParams",
    "payment_methods.list": "PaymentMethodListParams",
    "payment_methods.retrieve": "PaymentMethodRetrieveParams",
    "payment_methods.update": "PaymentMethodUpdateParams",
    "prices.create": "PriceCreateParams",
    "prices.list": "PriceListParams",
    "prices.retrieve": "PriceRetrieveParams",
    "prices.update": "PriceUpdateParams",
    "products.create": "ProductCreateParams",
    "products.delete": "ProductDeleteParams",
    "products.list": "ProductListParams",
    "products.retrieve": "ProductRetrieveParams",
    "products.update": "ProductUpdateParams",
    "promotion_codes.create": "PromotionCodeCreateParams",
    "promotion_codes.list": "PromotionCodeListParams",
    "promotion_codes.retrieve": "PromotionCodeRetrieveParams",
    "promotion_codes.update": "PromotionCodeUpdateParams",
    "refunds.create": "RefundCreateParams",
    "refunds.list": "RefundListParams",
    "refunds.retrieve": "RefundRetrieveParams",
    "refunds.update": "RefundUpdateParams",
    "shipping_rates.create": "ShippingRateCreateParams",
    "shipping_rates.list": "ShippingRateListParams",
    "shipping_rates.retrieve": "ShippingRateRetrieveParams",
    "shipping_rates.update": "ShippingRateUpdateParams",
    "tax_rates.create": "TaxRateCreateParams",
    "tax_rates.list": "TaxRateListParams",
    "tax_rates.retrieve": "TaxRateRetrieveParams",
    "tax_rates.update": "TaxRateUpdateParams",
    "webhook_endpoints.create": "WebhookEndpointCreateParams",
    "webhook_endpoints.delete": "WebhookEndpointDeleteParams",
    "webhook_endpoints.list": "WebhookEndpointListParams",
    "webhook_endpoints.retrieve": "WebhookEndpointRetrieveParams",
    "webhook_endpoints.update": "WebhookEndpointUpdateParams",
}

Node = dict[str, Any]

# What Stripe's command line calls and no document describes: as that program writes it.
EXPAND: Node = {"items": {"type": "string"}}
UNDOCUMENTED: dict[str, Node] = {
    "payment_pages.confirm": {
        "fields": {
            "expand": EXPAND,
            "expected_amount": {"type": "integer"},
            "payment_method": {"type": "string", "required": True},
        }
    },
    "payment_pages.retrieve": {"fields": {"expand": EXPAND}},
}


def derive() -> dict[str, Node]:
    """One table per operation: {"fields": {name: node}}, in the SDK's own words."""
    derived = {name: fields(sdk_class(path)) for name, path in OPERATIONS.items()}
    return dict(sorted((derived | UNDOCUMENTED).items()))


def sdk_class(path: str) -> type:
    found: Any = stripe.params
    for part in path.split("."):
        found = getattr(found, part)
    assert isinstance(found, type)
    return found


def fields(cls: type) -> Node:
    """The parameters of one typed class; those that travel as headers do not count."""
    headers = set(_request_options.RequestOptions.__annotations__)
    hints = get_type_hints(cls, localns=vars(_request_options) | {"StripeContext": str})
    required: frozenset[str] = getattr(cls, "__required_keys__", frozenset())
    table = {}
    for name in sorted(set(hints) - headers):
        node = describe(hints[name])
        if name in required:
            node["required"] = True
        table[name] = node
    return {"fields": table}


def describe(hint: Any) -> Node:
    """The node of one annotation: what a value may be once decoded from the form."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return union([describe(part) for part in get_args(hint)])
    if origin is Literal:
        values = [value for value in get_args(hint) if value != ""]
        node: Node = {"enum": values} if values else {}
        return node | ({"unset": True} if "" in get_args(hint) else {})
    if origin in (list, List):  # noqa: UP006
        return {"items": describe(get_args(hint)[0])}
    if origin in (dict, Dict, UntypedStripeObject):  # noqa: UP006
        return {"map": describe(get_args(hint)[-1])}
    if is_typeddict(hint):
        return fields(hint)
    return {"type": scalar(hint)}


def scalar(hint: Any) -> str:
    names = {str: "string", int: "integer", bool: "boolean", float: "number", Decimal: "decimal"}
    if hint in names:
        return names[hint]
    raise TypeError(f"the parameter tables know no {hint!r}")


def union(parts: list[Node]) -> Node:
    """`Literal[...]|str` is the SDK's open enumeration: the literals are the known values.

    `SomeParams|int` (the `created` filters) keeps both readings.
    """
    merged: Node = {}
    for part in parts:
        for key, value in part.items():
            merged.setdefault(key, value)
    if "map" in merged or "enum" in merged:
        merged.pop("type", None)
    return merged


def main() -> None:
    lines = [f"{json.dumps(name)}: {json.dumps(node)}" for name, node in derive().items()]
    TABLES.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
