"""A small stateful stand-in for Stripe that runs offline, for tests, development and demos.

It imports nothing of the shop and the shop imports nothing of it: both only speak HTTP.
"""

from typing import Any

API_VERSION = "2026-10-28.endive"

Json = dict[str, Any]
