import subprocess
import sys
from pathlib import Path

from bodega.databases.doorbell import Waiter, ring

RINGER = """
import sys
from pathlib import Path
from bodega.databases.doorbell import ring
ring("queue", Path(sys.argv[1]))
"""


def test_a_ring_before_waiting_is_not_missed(volume: Path) -> None:
    with Waiter("queue", volume) as waiter:
        ring("queue", volume)
        assert waiter.wait(5)
        assert not waiter.wait(0)


def test_another_process_is_heard(volume: Path) -> None:
    with Waiter("queue", volume) as waiter:
        subprocess.run([sys.executable, "-c", RINGER, str(volume)], check=True)
        assert waiter.wait(5)


def test_every_waiter_hears_it_and_only_its_own_bell(volume: Path) -> None:
    with (
        Waiter("queue", volume) as one,
        Waiter("queue", volume) as two,
        Waiter("cable", volume) as third,
    ):
        ring("queue", volume)
        assert one.wait(5)
        assert two.wait(5)
        assert not third.wait(0)


def test_many_rings_are_one_answer_to_look(volume: Path) -> None:
    with Waiter("queue", volume) as waiter:
        for _ in range(50):
            ring("queue", volume)
        assert waiter.drain()
        assert not waiter.drain()


def test_a_closed_waiter_hears_nothing(volume: Path) -> None:
    waiter = Waiter("queue", volume)
    waiter.close()
    ring("queue", volume)
    assert waiter.fileno() is None
    assert not waiter.drain()
