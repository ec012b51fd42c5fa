"""A storm that was never blown, for tests of what is told about one."""

from collections import Counter

from bodega.ops.drill.storm.comparing import Order
from bodega.ops.drill.storm.memory import Memories, Repeat, Request
from bodega.ops.drill.storm.outcome import Plan, Said, Storm
from bodega.ops.drill.storm.rolling import Deploy, Log
from bodega.ops.drill.storm.watching import Look

BEGAN = 1_000_000.0


def calm(kill: float = 0.0) -> Storm:
    """Two deploys, a hundred requests, one order: nothing wrong."""
    return Storm(
        Plan(2, 30, 4, kill),
        BEGAN,
        ["socket", "container"],
        Memories([Request(BEGAN + n / 4, (n + 1) / 1_000, "look", n % 2 == 0) for n in range(100)]),
        Log([Deploy("socket", BEGAN + 5, 2.0), Deploy("container", BEGAN + 15, 4.0)]),
        [Look(BEGAN + n, n % 2, 2, int(n > 5), 1_000 * n) for n in range(30)],
        Counter({"backup": 2, "audit": 2}),
        orders={"a1": Order("a1", "paid", 4900, "c", BEGAN + 3, sessions=["cs_1"])},
        charges=1,
        audit=Said("ok", "No finding."),
        doctor=Said("ok", "all is well"),
        seconds=30.0,
    )


def cut(storm: Storm) -> Storm:
    """The same, with a POST that was cut after its commit, and repeated."""
    at = BEGAN + 4
    storm.memories.requests.append(Request(at, 0.2, "order", True, "reset"))
    storm.memories.repeats.append(Repeat("order", "cut", at + 1, False, "cs_1"))
    storm.log.kills.append(at)
    return storm
