"""Which peers are believed about a visitor's address: addresses and networks.

A proxy in a container has another address after each start, so its network is named (172.16.0.0/12).
gunicorn reads the same setting, for the scheme.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network


class Proxies:
    """`"172.18.0.5" in Proxies(["127.0.0.1", "172.16.0.0/12"])`."""

    def __init__(self, named: Iterable[str]) -> None:
        """Raises ValueError when something is neither an address nor a network."""
        self._networks = [ip_network(each.strip()) for each in named if each.strip()]
        self._is_one = lru_cache(1_024)(self._look)

    def __contains__(self, address: object) -> bool:
        return self._is_one(str(address))

    def _look(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:  # a Unix socket has none, and a header says what it likes
            return False
        return any(found in network for network in self._networks)
