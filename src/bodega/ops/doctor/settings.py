"""The settings: keys, secrets, host names. Django's own checks, those for deployment included.

In a process of its own, with the shop's environment: settings that cannot even be read are a finding.
"""

import json
import subprocess
import sys
from collections.abc import Iterator

from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, Level, bad, ok, unless

SECONDS = 60
WARNING, ERROR = 30, 40  # Django's levels
# Checks of Django's that are answered in another way here.
ANSWERED = {
    "security.W001": "web.middleware.SecurityHeaders sets these headers",
    "security.W002": "frame-ancestors in the Content-Security-Policy",
    "security.W003": "web.middleware.SameOriginPosts, see docs/decisions/0002",
    "security.W005": "HSTS for subdomains is the merchant's decision about other sites",
    "security.W008": "the proxy in front redirects to https",
    "security.W021": "HSTS preloading is the merchant's decision about other sites",
}


def examine(case: Case) -> Iterator[Finding]:
    """Ask Django, as the shop would be started."""
    command = [sys.executable, "-m", "bodega.ops.doctor.deployment"]
    environment = dict(case.environment) | {"BODEGA_VOLUME": str(case.volume)}
    said = ""
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
        )
        said = done.stderr
        told = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        yield bad("settings.start", *_does_not_start(said))
        return
    deployed = "as for production" if case.is_production else "outside production"
    yield from unless(
        (_finding(each) for each in told if _matters(case, each)),
        ok("settings.checks", f"Django's checks are content, {deployed}."),
    )


def _does_not_start(said: str) -> tuple[str, str]:
    last = said.strip().splitlines()[-1] if said.strip() else f"no answer within {SECONDS} s"
    return (
        f"The shop would not start: {last}",
        "Correct what it says; docs/running.md lists the variables.",
    )


def _matters(case: Case, message: dict[str, str | int]) -> bool:
    """Advice for deployment is for production; what the shop itself refuses matters everywhere."""
    is_advice = str(message["id"]).startswith("security.")
    serious = int(message["level"]) >= WARNING
    return serious and message["id"] not in ANSWERED and (case.is_production or not is_advice)


def _finding(message: dict[str, str | int]) -> Finding:
    level = Level.BAD if int(message["level"]) >= ERROR else Level.WARN
    hint = str(message["hint"] or f"See Django's documentation of {message['id']}.")
    return Finding(f"settings.{message['id']}", level, str(message["sentence"]), hint)
