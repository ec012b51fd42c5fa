"""On what was measured, for the head of a result: the numbers mean nothing without it."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from bodega.databases.library import version


def described(directory: Path) -> str:
    """Date, processor, kernel, the file system of `directory`, versions, load at the moment."""
    date = datetime.now(UTC).date().isoformat()
    load = f"{os.getloadavg()[0]:.1f}"
    return (
        f"{date}, {os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.release()}, "
        f"{_file_system(directory)}, Python {platform.python_version()}, SQLite {version()}, "
        f"load {load} when it ended. The machine is shared: ratios count, not the numbers."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system(directory: Path) -> str:
    told = subprocess.run(["df", "--output=fstype", directory], check=True, capture_output=True)
    return told.stdout.decode().split()[-1]
