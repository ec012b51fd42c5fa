"""The shop's settings for mypy's Django plugin.

mypy's own process has Python's sqlite3 loaded (for its cache) and opens no database of ours, so here,
and only here, the guard against a second SQLite library is stepped around.
"""

import os
import sys

os.environ.setdefault("BODEGA_MODE", "test")
for name in ("sqlite3", "sqlite3.dbapi2"):
    sys.modules.pop(name, None)

from bodega.settings import *  # noqa: E402, F403 - after the guard was stepped around
