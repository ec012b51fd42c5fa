"""What a storm came to, in numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bodega.ops.drill.storm.comparing import Order, Verdict, by_session, was_committed
from bodega.ops.drill.storm.memory import Memories
from bodega.ops.drill.storm.rolling import Log
from bodega.ops.drill.storm.watching import Look


@dataclass(frozen=True)
class Plan:
    """`deploys` in `seconds`, with so many `buyers`; `kill`: the chance of a SIGKILL in each."""

    deploys: int
    seconds: float
    buyers: int
    kill: float = 0.0


@dataclass(frozen=True)
class Said:
    """What a command that looks at everything said in the end. `level`: ok, warn or bad."""

    level: str
    sentence: str


@dataclass
class Storm:
    """Everything that was seen. `began`: Unix time; `errands`: what was done beside, how often;
    `recalled`: records that the journal had to be given afterwards, because a process was killed between
    a commit and the barrier; `left`: where volume, diaries and log are kept to be looked at."""

    plan: Plan
    began: float
    ways: list[str]
    memories: Memories = field(default_factory=Memories)
    log: Log = field(default_factory=Log)
    looks: Sequence[Look] = ()
    errands: Counter[str] = field(default_factory=Counter)
    errand_failures: list[str] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    orders: dict[str, Order] = field(default_factory=dict)
    charges: int = 0
    recalled: int = 0
    audit: Said = Said("bad", "not asked")
    doctor: Said = Said("bad", "not asked")
    seconds: float = 0.0
    left: Path | None = None

    @property
    def failures(self) -> Counter[str]:
        """Requests that were not answered as they must be, by how that looked."""
        return Counter(each.failure for each in self.memories.failures)

    @property
    def paid(self) -> int:
        return sum(order.status in {"paid", "fulfilled"} for order in self.orders.values())

    @property
    def most_alive(self) -> int:
        return max((look.alive for look in self.looks), default=0)

    @property
    def longest_wal(self) -> int:
        """Bytes."""
        return max((look.wal for look in self.looks), default=0)

    @property
    def repeated(self) -> int:
        """Requests that were cut, and sent again with their key."""
        return sum(each.why == "cut" for each in self.memories.repeats)

    @property
    def committed(self) -> int:
        """Those of them whose effect was there: nobody had been told."""
        sessions = by_session(self.orders)
        return sum(
            each.why == "cut" and was_committed(each, sessions) for each in self.memories.repeats
        )

    @property
    def differing(self) -> list[str]:
        """Repeated requests that did not get the first answer."""
        return [f"{r.step}: {r.difference}" for r in self.memories.repeats if r.difference]

    @property
    def complaints(self) -> list[str]:
        """A sentence for everything that must not be. Without SIGKILL nothing may fail, either."""
        found = [f"lost: {each}" for each in self.verdict.lost]
        found += [f"twice: {each}" for each in self.verdict.doubled]
        found += [f"another answer: {each}" for each in self.differing]
        if not self.plan.kill:
            found += [f"failed at {r.step}: {r.failure}" for r in self.memories.failures]
            found += [f"{self.recalled} records were not in the journal"] * bool(self.recalled)
            found += [f"a deploy by {d.side}: {d.why}" for d in self.log.deploys if d.why]
        if len(self.log.live) < self.plan.deploys:
            found.append(f"only {len(self.log.live)} of {self.plan.deploys} deploys went live")
        found += [f"beside it, {each}" for each in self.errand_failures]
        for name, said in (("audit", self.audit), ("doctor", self.doctor)):
            if said.level == "bad":
                found.append(f"bodega {name}: {said.sentence}")
        if not self.paid:
            found.append("nobody has bought anything")
        return found

    @property
    def is_passed(self) -> bool:
        return not self.complaints

    def percentile(self, share: float) -> float:
        """Of the seconds that requests took; those of somebody on a slow line do not count."""
        seconds = sorted(each.seconds for each in self.memories.requests if each.step != "slow")
        return seconds[int((len(seconds) - 1) * share)] if seconds else 0.0
