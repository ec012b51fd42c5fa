import pytest

from bodega.web.proxies import Proxies


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("127.0.0.1", True),
        ("172.18.0.5", True),
        ("fd00::7", True),
        ("172.32.0.1", False),
        ("203.0.113.5", False),
        ("", False),
        ("unknown, or made up", False),
    ],
)
def test_addresses_and_networks_are_believed_and_nobody_else(address: str, is_one: bool) -> None:
    proxies = Proxies(["127.0.0.1", " 172.16.0.0/12", "fd00::/8", ""])
    assert (address in proxies) is is_one


def test_nobody_is_believed_when_nobody_is_named() -> None:
    assert "127.0.0.1" not in Proxies([""])


def test_a_name_is_no_address() -> None:
    with pytest.raises(ValueError, match="caddy"):
        Proxies(["caddy"])
