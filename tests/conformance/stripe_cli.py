"""Stripe's command line against fakestripe: `bin/conformance stripe-cli`.

Every `stripe trigger` must succeed, its event must have happened, and every object in every
answer and event must have the keys of Stripe's published example, no fewer and no more.
`python -m tests.conformance.stripe_cli EVENT…` drives only those; `--without KEY` leaves a key out
of all answers, to see that the comparison can fail.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

from fakestripe.testing import Handle, serve
from tests.conformance.stripe_program import VERSION, stripe_program
from tests.conformance.stripe_wire import Wire, wired
from tests.fakestripe.examples import objects_in, strange

KEY = "sk_test_conformance"
A_WHILE = 60

# What the program has no recipe for, and the one we hand it (its `--raw`).
RECIPES: dict[str, list[dict[str, Any]]] = {
    "refund.created": [
        {
            "name": "payment_intent",
            "method": "post",
            "path": "/v1/payment_intents",
            "params": {
                "amount": 1000,
                "currency": "eur",
                "confirm": True,
                "payment_method": "pm_card_visa",
                "payment_method_types": ["card"],
            },
        },
        {
            "name": "refund",
            "method": "post",
            "path": "/v1/refunds",
            "params": {"payment_intent": "${payment_intent:id}", "amount": 400},
        },
    ]
}
EVENTS = (
    "checkout.session.completed", "checkout.session.async_payment_succeeded",
    "checkout.session.expired", "payment_intent.succeeded", "payment_intent.payment_failed",
    "charge.refunded", "charge.dispute.created", "refund.created",
    "checkout.session.async_payment_failed",
    "charge.captured", "charge.dispute.closed", "charge.dispute.updated", "charge.failed",
    "charge.refund.updated", "charge.succeeded", "coupon.created", "coupon.deleted",
    "coupon.updated", "customer.created", "customer.deleted", "customer.updated",
    "payment_intent.amount_capturable_updated", "payment_intent.canceled",
    "payment_intent.created", "payment_intent.processing", "payment_intent.requires_action",
    "payment_method.attached", "payment_method.detached", "product.created", "product.deleted",
    "product.updated", "promotion_code.created", "promotion_code.updated", "tax_rate.created",
    "tax_rate.updated",
)  # fmt: skip

# The program asks whether there is a newer one of itself, and goes on without an answer. There
# is no switch for it; it is refused here like everything that would leave the machine.
VERSION_CHECK = "api.github.com:443"


@dataclass(frozen=True)
class Verdict:
    event: str
    faults: list[str]
    calls: int
    compared: int

    def __str__(self) -> str:
        if self.faults:
            return "\n".join([f"FAILED  {self.event}", *(f"        {f}" for f in self.faults)])
        return f"ok      {self.event:42} {self.calls} calls, {self.compared} objects compared"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/conformance stripe-cli")
    parser.add_argument("events", nargs="*", metavar="EVENT", help="default: all that are played")
    parser.add_argument("--without", metavar="KEY", help="leave this key out of all answers")
    options = parser.parse_args()
    program = str(stripe_program())
    with (
        tempfile.TemporaryDirectory() as home,
        serve("--debit-delay", "60") as bank,
        wired(bank.base_url) as wire,
    ):
        command = Command(program, home, wire)
        verdicts = []
        for event in options.events or EVENTS:
            verdicts.append(judged(event, bank, command, options.without))
            print(verdicts[-1], flush=True)
    return summed_up(verdicts, wire)


@dataclass(frozen=True)
class Command:
    """Stripe's program, with a home of its own, which knows no network but the wire."""

    program: str
    home: str
    wire: Wire

    def trigger(self, event: str) -> "subprocess.CompletedProcess[str]":
        given: Sequence[str] = ()
        if event in RECIPES:
            recipe = {"_meta": {"template_version": 0}, "fixtures": RECIPES[event]}
            given = ("--raw", json.dumps(recipe))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.home,
            "STRIPE_API_KEY": KEY,
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
            "STRIPE_NO_AUTO_UPDATE": "1",
            "HTTPS_PROXY": self.wire.url,
            "HTTP_PROXY": self.wire.url,
        }
        return subprocess.run(
            [self.program, "trigger", event, "--api-base", self.wire.url, *given],
            env=environment, check=False, capture_output=True, text=True, timeout=A_WHILE,
        )  # fmt: skip


def judged(event: str, bank: Handle, command: Command, without: str | None) -> Verdict:
    bank.reset()
    command.wire.answers.clear()
    done = command.trigger(event)
    bank.advance(A_WHILE + 1)  # debits clear
    answers = list(command.wire.answers)
    happened = events_of(bank)
    faults = []
    if done.returncode != 0 or "Trigger succeeded" not in done.stdout:
        faults.append(f"stripe trigger ended with {done.returncode}: {done.stderr.strip()}")
        faults += [f"{a.call} → {a.status} {a.body}" for a in answers if a.status >= 400]
    if event not in {one["type"] for one in happened}:
        faults.append(f"there is no such event, only {sorted({e['type'] for e in happened})}")
    told = [(answer.call, answer.body) for answer in answers]
    told += [(f"event {one['type']}", one) for one in happened]
    compared = 0
    for name, body in told:
        seen = lacking(body, without) if without else body
        compared += len(list(objects_in(seen)))
        faults += [f"{name}: {difference}" for difference in sorted(strange(seen))]
    if not compared:
        faults.append("there was nothing to compare")
    return Verdict(event, faults, len(answers), compared)


def events_of(bank: Handle) -> list[dict[str, Any]]:
    request = Request(f"{bank.base_url}/v1/events?limit=100")
    request.add_header("Authorization", f"Bearer {KEY}")
    with urlopen(request, timeout=A_WHILE) as answer:
        found: list[dict[str, Any]] = json.loads(answer.read())["data"]
    return found


def lacking(answer: Any, key: str) -> Any:
    if isinstance(answer, list):
        return [lacking(item, key) for item in answer]
    if isinstance(answer, dict):
        return {name: lacking(value, key) for name, value in answer.items() if name != key}
    return answer


def summed_up(verdicts: list[Verdict], wire: Wire) -> int:
    good = [verdict for verdict in verdicts if not verdict.faults]
    objects = sum(verdict.compared for verdict in verdicts)
    others = sorted(set(wire.outside) - {VERSION_CHECK})
    print(
        f"stripe-cli {VERSION}: {len(good)} of {len(verdicts)} triggers passed; {objects} objects "
        f"compared with Stripe's examples; {len(wire.outside)} attempts to leave this machine "
        f"refused, {len(wire.outside) - wire.outside.count(VERSION_CHECK)} of them not the "
        "version check"
    )
    if others:
        print(f"FAILED  the program wanted to talk to {', '.join(others)}")
    return 0 if len(good) == len(verdicts) and verdicts and not others else 1


if __name__ == "__main__":
    sys.exit(main())
