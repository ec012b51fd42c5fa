"""Makes processes believe that the disk takes longer for a sync: an LD_PRELOAD shim, built with gcc."""

import os
import subprocess
import time
from pathlib import Path

SOURCE = Path(__file__).with_name("slow_disk.c")


def environment(directory: Path, milliseconds: float) -> dict[str, str]:
    """What to add to a process's environment; the shim is built in `directory`.

    Raises SystemExit with a sentence when there is no compiler.
    """
    shim = directory / "slow_disk.so"
    build = ["gcc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(shim), str(SOURCE)]
    try:
        subprocess.run([*build, "-ldl"], check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise SystemExit("The slow disk needs gcc. Debian: apt-get install gcc libc6-dev") from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"gcc could not build the slow disk: {error.stderr}") from None
    return {"LD_PRELOAD": str(shim), "SLOW_DISK_MICROSECONDS": str(int(milliseconds * 1000))}


def sync_milliseconds(directory: Path, count: int = 200) -> float:
    """The median time of an fdatasync after a write of 12 KiB, which is what a small commit writes."""
    path = directory / "sync-probe"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    took = []
    try:
        os.pwrite(descriptor, bytes(count * 12_288), 0)
        os.fsync(descriptor)
        for number in range(count):
            os.pwrite(descriptor, b"x" * 12_288, number * 12_288)
            began = time.perf_counter()
            os.fdatasync(descriptor)
            took.append(time.perf_counter() - began)
    finally:
        os.close(descriptor)
        path.unlink()
    return sorted(took)[count // 2] * 1000
