"""The drill itself: open a shop, let people buy and deploy, wait until it is calm, compare."""

import contextlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bodega.ops.drill.incident.premises import DrillBroke
from bodega.ops.drill.storm import comparing, memory
from bodega.ops.drill.storm.beside import Beside
from bodega.ops.drill.storm.crowd import Words
from bodega.ops.drill.storm.outcome import Plan, Said, Storm
from bodega.ops.drill.storm.premises import Place, furnished
from bodega.ops.drill.storm.rolling import Roller, moments
from bodega.ops.drill.storm.sides import Containers, DidNotComeUp, Side, Socket, can_contain
from bodega.ops.drill.storm.watching import Watch

CALM_SECONDS = 90.0  # for webhooks that are under way
WARM_SECONDS = 3.0  # of buying before the first deploy
LOOK_SECONDS = 0.5
RECALL = "from bodega.orders.recalling import *; print(recall(now=utc_now() + IN_FLIGHT))"
LATE = 3.0  # as many times as long as planned, and the drill ends whatever has gone live
Say = Callable[[str], None]


@dataclass(frozen=True)
class Setting:
    """How shop and buyers behave. `sides`: how deploys happen; `manners`: of the buyers, by name."""

    sides: tuple[Callable[[Place], Side], ...] = (Socket, Containers)
    manners: Mapping[str, float] = field(default_factory=dict)
    has_errands: bool = True


USUAL = Setting()


def weather(plan: Plan, scratch: Path, say: Say, setting: Setting = USUAL) -> Storm:
    """One storm in a directory below `scratch`; it stays there only when the storm did harm.

    Raises DrillBroke, OSError.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="bodega-storm-", dir=scratch))
        stack.callback(shutil.rmtree, folder)
        storm = _storm(plan, folder, say, setting)
        if not storm.is_passed:
            stack.pop_all()
            storm.left = folder
    return storm


def _storm(plan: Plan, folder: Path, say: Say, setting: Setting) -> Storm:
    with ExitStack() as stack:
        say("a shop is furnished")
        place = stack.enter_context(furnished(folder))
        sides = stack.enter_context(opened(place, setting, say))
        storm = Storm(plan, time.time(), [side.name for side in sides])
        with Watch(place.volume) as watch:
            _let_it_blow(storm, place, (sides, setting), say)
            say("calming down")
            _until_calm(place)
            _look_around(storm, place)
        storm.looks = watch.looks
        return storm


@contextmanager
def opened(place: Place, setting: Setting, say: Say) -> Iterator[list[Side]]:
    """The shop, open in every way of the setting that this user may use."""
    say("the shop opens")
    sides: list[Side] = []
    with ExitStack() as stack:
        for make in setting.sides:
            if make is Containers and not can_contain(place.scratch):
                continue
            try:
                side = make(place)
            except DidNotComeUp as error:
                raise DrillBroke(f"the shop does not open: {error}\n{place.said}") from error
            stack.callback(side.close)
            sides.append(side)
        yield sides


def _let_it_blow(storm: Storm, place: Place, how: tuple[Sequence[Side], Setting], say: Say) -> None:
    (sides, setting), plan = how, storm.plan
    diaries = [place.scratch / f"diary {number}" for number in range(len(sides))]
    beside = Beside(place)
    with ExitStack() as stack:
        if setting.has_errands:
            stack.enter_context(beside)
        for words in crowds_of(plan, place, zip(sides, diaries, strict=True), setting.manners):
            stack.enter_context(crowd(words))
        storm.began = time.time()
        _roll(storm, sides, say)
        time.sleep(max(0.0, storm.began + plan.seconds - time.time()))
    storm.seconds = time.time() - storm.began
    storm.memories = memory.read(diaries)
    storm.errands, storm.errand_failures = beside.done, beside.failures


def _roll(storm: Storm, sides: Sequence[Side], say: Say) -> None:
    """All deploys, those of each side by a thread of its own."""
    plan, chance = storm.plan, random.Random(1)  # noqa: S311 - moments
    begin = storm.began + WARM_SECONDS
    when = moments(begin, max(1.0, plan.seconds - WARM_SECONDS - 5.0), plan.deploys, chance)
    rollers = [
        Roller(side, when[number :: len(sides)], plan.kill, storm.log)
        for number, side in enumerate(sides)
    ]
    for roller in rollers:
        roller.start()
    try:
        while any(roller.is_alive() for roller in rollers):
            live, killed = len(storm.log.live), len(storm.log.kills)
            say(f"{live} of {plan.deploys} deploys live, {killed} killed")
            if time.time() > storm.began + plan.seconds * LATE:
                break
            time.sleep(LOOK_SECONDS)
    finally:
        storm.log.is_over.set()
        for roller in rollers:
            roller.join()
    for roller in rollers:
        if roller.error:
            raise roller.error


def crowds_of(
    plan: Plan, place: Place, doors: Iterable[tuple[Side, Path]], manners: Mapping[str, float]
) -> Iterator[Words]:
    """What the buyers at each door are told: their process, their diary."""
    parts = list(doors)
    for number, (side, diary) in enumerate(parts):
        yield Words(
            side.address,
            place.url,
            place.bank.url,
            str(diary),
            place.variants,
            buyers=share_of(plan.buyers, number, len(parts)),
            first=100 * number,
            manners=dict(manners),
        )


@contextmanager
def crowd(words: Words) -> Iterator["subprocess.Popen[str]"]:
    """One process of buyers; at the end they finish what they have begun."""
    command = [sys.executable, "-m", "bodega.ops.drill.storm.crowd"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
    assert process.stdin is not None
    try:
        process.stdin.write(words.told() + "\n")
        process.stdin.flush()
        yield process
        process.stdin.close()
        if process.wait():
            raise DrillBroke(f"the buyers' process broke (exit code {process.returncode})")
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()
        if process.poll() is None:
            process.kill()
            process.wait()


def share_of(total: int, number: int, parts: int) -> int:
    """The `number`th part of a total, parts as even as they can be."""
    return total // parts + (number < total % parts)


def _until_calm(place: Place) -> None:
    """Wait until rows and ledger agree, or for as long as the bank may still be calling."""
    until = time.monotonic() + CALM_SECONDS
    while time.monotonic() < until:
        charges = {charge["metadata"]["order"] for charge in place.bank.charges()}
        orders = comparing.orders_of(place.volume)
        if all(p in orders and orders[p].status in comparing.TAKEN for p in charges):
            return
        time.sleep(1.0)


def _look_around(storm: Storm, place: Place) -> None:
    storm.recalled = _recalled(place)
    charges = place.bank.charges()
    storm.charges = len(charges)
    storm.orders = comparing.orders_of(place.volume)
    storm.verdict = comparing.compare(
        storm.orders, charges, storm.memories.purchases, comparing.journaled(place.volume)
    )
    storm.audit, storm.doctor = said(place, "audit"), said(place, "doctor")


def _recalled(place: Place) -> int:
    """What the hourly job writes into the journal after a kill, without waiting for the hour."""
    done = place.run("manage", "shell", "--no-imports", "-c", RECALL)
    if done.returncode:
        raise DrillBroke(f"the journal could not be completed\n{done.stderr[-500:]}")
    return int(done.stdout)


def said(place: Place, verb: str) -> Said:
    """The level of `bodega audit` or `bodega doctor`, and what is wrong."""
    done = place.run(verb, "--json")
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return Said("bad", (done.stderr or done.stdout).strip()[-500:])
    wrong = [each["sentence"] for each in told.get("findings", ()) if each["level"] != "ok"]
    return Said(told["level"], told.get("sentence") or "; ".join(wrong) or "all is well")
