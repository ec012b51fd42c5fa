"""Events: what happened, as a snapshot, and to whom it must be told."""

from fakestripe import API_VERSION, Json, ids
from fakestripe.bank import Bank
from fakestripe.errors import invalid
from fakestripe.pagination import Condition, listing
from fakestripe.resources import webhook_endpoints

KIND = "event"
MOST_TYPES = 20

UNDELIVERED = "EXISTS (SELECT 1 FROM deliveries d WHERE d.event = objects.id AND d.state {})"


def emit(bank: Bank, kind: str, thing: Json, previous: Json | None = None) -> None:
    """Records that `kind` happened to `thing` and queues it for every endpoint that listens.

    In the caller's transaction: an effect and its event are never apart. `previous` is
    Stripe's `previous_attributes`, for updates.
    """
    if bank.faults.take(("never",), kind):
        return
    data: Json = {"object": thing}
    if previous is not None:
        data["previous_attributes"] = previous
    event = {
        "id": ids.new("evt"),
        "object": KIND,
        "api_version": API_VERSION,
        "created": bank.clock.today(),
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {
            "id": bank.origin.request_id,
            "idempotency_key": bank.origin.idempotency_key,
        },
        "type": kind,
    }
    bank.store.insert(event)
    now = bank.clock.now()
    for endpoint_id in webhook_endpoints.listeners(bank, kind):
        bank.store.connection.execute(
            "INSERT INTO deliveries (event, endpoint, due) VALUES (?, ?, ?)",
            (event["id"], endpoint_id, now),
        )
        bank.wake(now)


def retrieve(bank: Bank, _params: Json, event_id: str) -> Json:
    return with_pending(bank, bank.find(KIND, event_id))


def list_(bank: Bank, params: Json) -> Json:
    filters = dict(params)
    extra: list[Condition] = []
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.")
    if "type" in params:
        extra.append(("json_extract(body, '$.type') GLOB ?", [filters.pop("type")]))
    if "types" in params:
        types = filters.pop("types")
        if len(types) > MOST_TYPES:
            raise invalid(f"You can only specify up to {MOST_TYPES} event types.", "types")
        marks = ", ".join("?" * len(types))
        extra.append((f"json_extract(body, '$.type') IN ({marks})", types))
    if "delivery_success" in params:
        succeeded = filters.pop("delivery_success")
        condition = UNDELIVERED.format("!= 'succeeded'")
        extra.append((f"NOT {condition}" if succeeded else condition, []))
    page = listing(bank, KIND, "/v1/events", filters, *extra)
    page["data"] = [with_pending(bank, event) for event in page["data"]]
    return page


def with_pending(bank: Bank, event: Json) -> Json:
    """The event with the number of webhooks that have not been delivered yet."""
    row = bank.store.connection.execute(
        "SELECT count(*) FROM deliveries WHERE event = ? AND state != 'succeeded'", (event["id"],)
    ).fetchone()
    event["pending_webhooks"] = row[0]
    return event
