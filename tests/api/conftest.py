"""The paid order of `tests.till`, and programs that ask about it."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from bodega.customers import keys
from bodega.lib.clock import utc_now
from tests.till import bank, buyer, merchant, order, paid, variant

__all__ = ["bank", "buyer", "merchant", "order", "paid", "variant"]


@dataclass
class Program:
    """Somebody's script with a key."""

    secret: str
    client: Client

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=self.headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        named = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, body, content_type="application/json", headers=named)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


@pytest.fixture(autouse=True)
def nobody_asked_before() -> None:
    cache.clear()


@pytest.fixture
def program(db: None, client: Client) -> Program:
    """A program that may refund."""
    _, secret = keys.make("warehouse", may_write=True, actor="ada", now=utc_now())
    return Program(secret, client)


@pytest.fixture
def reader(db: None, client: Client) -> Program:
    """A program that may only read."""
    _, secret = keys.make("accounting", may_write=False, actor="ada", now=utc_now())
    return Program(secret, client)
