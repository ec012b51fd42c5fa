"""The pytest plugin of Bodega's tests, and of a merchant's own: a scratch volume per test process.

Loaded with `-p bodega.testing`, so it runs before anybody reads Django's settings.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import bodega.databases  # noqa: F401 - first: one SQLite library, also under pytest
from bodega.databases.volume import create_volume

SCRATCH = Path(tempfile.mkdtemp(prefix="bodega-test-"))
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)

os.environ["BODEGA_MODE"] = "test"
os.environ["BODEGA_VOLUME"] = str(SCRATCH)
create_volume(SCRATCH, shop="test")
