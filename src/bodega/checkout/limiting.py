"""Against card testing: nobody needs thirty checkouts in ten minutes, except to try stolen cards.

Whoever tries cards makes session after session and lets each fail at Stripe. So checkouts are counted,
per cart and per address, in the cache file: decided there alone, no row is read or written. A cleared
cache forgets the counts, and a broken one lets everybody through: the limits protect the merchant's
standing with the card networks, not money.
"""

import ipaddress

from django.conf import settings
from django.core.cache import cache

WINDOW = 10 * 60  # seconds, from the first checkout


SENTENCE = (
    "You have started many payments in a short time. Nothing was charged for this one; please wait ten "
    "minutes and try again."
)


class TooMany(Exception):
    """Somebody made too many orders in a short time."""


def refuse_too_many(cart_token: str, address: str) -> None:
    """Raise TooMany when this cart or address has reached its limit: before any work is done for it.

    `address` is the visitor's, as far as `settings.PROXIES` are believed about it; none and this
    machine's own are not counted. Of IPv6 the first 64 bits count: a customer has at least that many.
    """
    limits = limits_of(cart_token, address)
    counts = cache.get_many(limits)
    if any(counts.get(key, 0) >= most for key, most in limits.items()):
        raise TooMany


def count(cart_token: str, address: str) -> None:
    """Count a checkout that is about to be placed; of those at once, the ones too many get TooMany."""
    if any(counted(key) > most for key, most in limits_of(cart_token, address).items()):
        raise TooMany


def limits_of(cart_token: str, address: str) -> dict[str, int]:
    """What is counted, and how many there may be."""
    network = network_of(address)
    limits = {f"checkouts:cart:{cart_token}": settings.CHECKOUTS_PER_CART}
    if network:
        limits[f"checkouts:address:{network}"] = settings.CHECKOUTS_PER_ADDRESS
    return {key: most for key, most in limits.items() if most}


def counted(key: str) -> int:
    """How many there have been in this window, with this one."""
    if cache.add(key, 1, WINDOW):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:  # it expired this moment, or the cache is out of order
        return 1


def network_of(address: str) -> str:
    """What counts as one customer's address; empty for none of the outside world."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if found.is_loopback:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
