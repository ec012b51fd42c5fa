"""Keys of programs."""

from datetime import UTC, datetime, timedelta

import pytest

from bodega.customers import keys
from bodega.customers.models import ApiKey

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_only_a_fingerprint_of_the_secret_is_kept() -> None:
    key, secret = keys.make("warehouse", may_write=False, actor="ada", now=NOW)
    stored = [str(value) for value in ApiKey.objects.values_list().get()]
    assert secret not in stored
    assert secret.startswith(key.prefix)
    assert len(secret) > 40
    assert str(key) == f"warehouse ({key.prefix}…)"


def test_a_key_is_found_by_its_secret_alone() -> None:
    key, secret = keys.make("warehouse", may_write=False, actor="ada", now=NOW)
    keys.make("another", may_write=False, actor="ada", now=NOW)
    assert keys.find(secret, now=NOW) == key
    assert keys.find(secret[:-1], now=NOW) is None
    assert keys.find(key.secret_hash, now=NOW) is None


def test_use_is_noted_once_a_minute_at_most() -> None:
    key, secret = keys.make("warehouse", may_write=False, actor="ada", now=NOW)
    seen = []
    for seconds in (0, 30, 90):
        keys.find(secret, now=NOW + timedelta(seconds=seconds))
        key.refresh_from_db()
        seen.append(key.last_used_at)
    assert seen == [NOW, NOW, NOW + timedelta(seconds=90)]


def test_a_key_is_revoked_for_good() -> None:
    key, secret = keys.make("warehouse", may_write=False, actor="ada", now=NOW)
    assert keys.revoke(key, now=NOW)
    assert not keys.revoke(key, now=NOW + timedelta(days=1))
    assert keys.find(secret, now=NOW) is None
