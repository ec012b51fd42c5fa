"""What every part of fakestripe shares: the store, the time, the faults, and how it is set up."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from fakestripe import Json
from fakestripe.clock import Clock
from fakestripe.errors import no_such
from fakestripe.faults import Faults
from fakestripe.store import Store


@dataclass(frozen=True)
class Endpoint:
    """A webhook endpoint given at start: like one made by the API, but back after a reset."""

    url: str
    secret: str
    enabled_events: tuple[str, ...] = ("*",)


@dataclass(frozen=True)
class Settings:
    """`retries` are the pauses in seconds before each further attempt to deliver a webhook;
    `rate_limit` is how many API requests a second are answered (0: all)."""

    base_url: str = "http://127.0.0.1"
    merchant: str = "Test shop"
    retries: tuple[float, ...] = (1, 5, 30, 120, 600, 3600)
    debit_delay: float = 10.0
    rate_limit: int = 0
    endpoints: tuple[Endpoint, ...] = ()


@dataclass(frozen=True)
class Origin:
    """The API request that caused an event; events of the payment page have none."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass
class Bank:
    store: Store
    settings: Settings = Settings()
    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
    origin: Origin = Origin()
    # Called with the time at which something new is due: the courier sets it to wake itself.
    wake: Callable[[float], None] = lambda _due: None
    # The deliveries being made at this moment, by row.
    messengers: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    # The deliveries a fault holds back until a later one has arrived, by endpoint.
    held: dict[str, list[int]] = field(default_factory=dict)

    def find(self, kind: str, object_id: str, param: str = "id") -> Json:
        """The object, or Stripe's 404 for its kind."""
        found = self.store.get(object_id, kind)
        if found is None:
            raise no_such(kind, object_id, param)
        return found
