"""Webhook endpoints: where events are sent, and with which secret they are signed."""

from fnmatch import fnmatchcase

from fakestripe import Json, ids
from fakestripe.addresses import is_absolute
from fakestripe.bank import Bank, Endpoint
from fakestripe.errors import invalid
from fakestripe.metadata import merged
from fakestripe.pagination import listing

KIND = "webhook_endpoint"


def create(bank: Bank, params: Json) -> Json:
    """The secret is shown in this answer only, as at Stripe."""
    secret = ids.new("whsec", 32)
    return new_endpoint(bank, params, secret) | {"secret": secret}


def register(bank: Bank, endpoint: Endpoint) -> None:
    """An endpoint given at start. One that the file knows from an earlier start stays the same
    endpoint, so that what was still to be delivered to it is."""
    params = {"url": endpoint.url, "enabled_events": list(endpoint.enabled_events)}
    for known in bank.store.select("type = ?", [KIND]):
        if known["url"] == endpoint.url:
            bank.store.save(known | params | {"status": "enabled"})
            bank.store.hide(known["id"], {"secret": endpoint.secret})
            return
    new_endpoint(bank, params, endpoint.secret)


def new_endpoint(bank: Bank, params: Json, secret: str) -> Json:
    check_url(params["url"])
    return bank.store.insert(
        {
            "id": ids.new("we"),
            "object": KIND,
            "api_version": params.get("api_version"),
            "application": None,
            "created": bank.clock.today(),
            "description": params.get("description") or None,
            "enabled_events": params["enabled_events"],
            "livemode": False,
            "metadata": merged({}, params.get("metadata")),
            "status": "enabled",
            "url": params["url"],
        },
        hidden={"secret": secret},
    )


def check_url(url: str) -> None:
    if not is_absolute(url):
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided.", "url")


def list_(bank: Bank, params: Json) -> Json:
    return listing(bank, KIND, "/v1/webhook_endpoints", params)


def update(bank: Bank, params: Json, endpoint_id: str) -> Json:
    endpoint = bank.find(KIND, endpoint_id)
    for name in ("url", "enabled_events", "description"):
        if name in params:
            endpoint[name] = params[name] or None
    if "url" in params:
        check_url(params["url"])
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    endpoint["metadata"] = merged(endpoint["metadata"], params.get("metadata"))
    return bank.store.save(endpoint)


def delete(bank: Bank, _params: Json, endpoint_id: str) -> Json:
    bank.find(KIND, endpoint_id)
    bank.store.delete(endpoint_id)
    return {"id": endpoint_id, "object": KIND, "deleted": True}


def listeners(bank: Bank, event_type: str) -> list[str]:
    """The ids of the enabled endpoints that want events of this type."""
    return [
        endpoint["id"]
        for endpoint in bank.store.select("type = ?", [KIND])
        if endpoint["status"] == "enabled"
        and any(fnmatchcase(event_type, wanted) for wanted in endpoint["enabled_events"])
    ]
