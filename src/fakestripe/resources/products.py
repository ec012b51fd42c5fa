"""Products: what is sold. Sessions with inline `product_data` make theirs here as well."""

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.errors import invalid
from fakestripe.metadata import merged
from fakestripe.pagination import Condition, listing
from fakestripe.resources.events import emit

KIND = "product"
EDITABLE = (
    "active", "default_price", "description", "images", "marketing_features", "name",
    "package_dimensions", "shippable", "statement_descriptor", "tax_code", "unit_label", "url",
)  # fmt: skip


def create(bank: Bank, params: Json) -> Json:
    if "id" in params and bank.store.get(params["id"]):
        raise invalid(f"Product already exists: {params['id']}", "id", "resource_already_exists")
    if "default_price_data" in params:
        raise invalid("fakestripe makes prices at POST /v1/prices only.", "default_price_data")
    product = new_product(bank, params)
    emit(bank, "product.created", product)
    return product


def new_product(bank: Bank, params: Json) -> Json:
    now = bank.clock.today()
    return bank.store.insert(
        {
            "id": params.get("id") or ids.new("prod", 14),
            "object": KIND,
            "active": params.get("active", True),
            "created": now,
            "default_price": None,
            "description": params.get("description"),
            "images": params.get("images") or [],
            "livemode": False,
            "marketing_features": params.get("marketing_features") or [],
            "metadata": merged({}, params.get("metadata")),
            "name": params["name"],
            "package_dimensions": params.get("package_dimensions"),
            "shippable": params.get("shippable"),
            "statement_descriptor": params.get("statement_descriptor"),
            "tax_code": params.get("tax_code"),
            "type": "service",
            "unit_label": params.get("unit_label"),
            "updated": now,
            "url": params.get("url"),
        }
    )


def list_(bank: Bank, params: Json) -> Json:
    filters = dict(params)
    extra: list[Condition] = []
    if wanted := filters.pop("ids", None):
        extra.append((f"id IN ({', '.join('?' * len(wanted))})", wanted))
    return listing(bank, KIND, "/v1/products", filters, *extra)


def update(bank: Bank, params: Json, product_id: str) -> Json:
    product = bank.find(KIND, product_id)
    previous = {name: product[name] for name in EDITABLE if name in params}
    for name in previous:
        product[name] = params[name] if params[name] != "" else None
    product["metadata"] = merged(product["metadata"], params.get("metadata"))
    product["updated"] = bank.clock.today()
    bank.store.save(product)
    emit(bank, "product.updated", product, previous)
    return product


def delete(bank: Bank, _params: Json, product_id: str) -> Json:
    product = bank.find(KIND, product_id)
    if bank.store.select(
        "type = 'price' AND json_extract(body, '$.product') = ?", [product_id], limit=1
    ):
        raise invalid(
            "This product cannot be deleted because it has one or more user-created prices."
        )
    bank.store.delete(product_id)
    emit(bank, "product.deleted", product)
    return {"id": product_id, "object": KIND, "deleted": True}
