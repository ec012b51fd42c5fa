"""Customers: who pays. Checkout makes one when asked to (`customer_creation=always`)."""

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.metadata import merged
from fakestripe.pagination import listing
from fakestripe.resources.events import emit

KIND = "customer"
EDITABLE = (
    "address", "description", "email", "name", "phone", "preferred_locales", "shipping",
    "tax_exempt",
)  # fmt: skip


def create(bank: Bank, params: Json) -> Json:
    customer = bank.store.insert(
        {
            "id": ids.new("cus", 14),
            "object": KIND,
            "address": params.get("address") or None,
            "balance": params.get("balance", 0),
            "created": bank.clock.today(),
            "currency": None,
            "default_source": None,
            "delinquent": False,
            "description": params.get("description"),
            "discount": None,
            "email": params.get("email"),
            "invoice_prefix": ids.new("", 8)[1:].upper(),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "livemode": False,
            "metadata": merged({}, params.get("metadata")),
            "name": params.get("name"),
            "next_invoice_sequence": 1,
            "phone": params.get("phone"),
            "preferred_locales": params.get("preferred_locales") or [],
            "shipping": params.get("shipping") or None,
            "tax_exempt": params.get("tax_exempt") or "none",
            "test_clock": None,
        }
    )
    emit(bank, "customer.created", customer)
    return customer


def list_(bank: Bank, params: Json) -> Json:
    return listing(bank, KIND, "/v1/customers", params)


def update(bank: Bank, params: Json, customer_id: str) -> Json:
    customer = bank.find(KIND, customer_id)
    previous = {name: customer[name] for name in EDITABLE if name in params}
    for name in previous:
        customer[name] = params[name] or None
    customer["metadata"] = merged(customer["metadata"], params.get("metadata"))
    bank.store.save(customer)
    emit(bank, "customer.updated", customer, previous)
    return customer


def delete(bank: Bank, _params: Json, customer_id: str) -> Json:
    customer = bank.find(KIND, customer_id)
    bank.store.delete(customer_id)
    emit(bank, "customer.deleted", customer)
    return {"id": customer_id, "object": KIND, "deleted": True}
