"""`python -m bodega` is the `bodega` command."""

import sys

from bodega.cli import main

sys.exit(main())
