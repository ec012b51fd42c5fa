"""`bodega reconcile`: do Stripe and we agree? Settles what was paid, lists what differs, both ways."""

import argparse
import os
import re
import sys
from datetime import UTC, datetime, timedelta

import bodega.databases  # noqa: F401 - before Django: one SQLite library
from bodega.cli.backup import progress
from bodega.databases.layout import volume_directory
from bodega.databases.volume import VolumeError, read_identity
from bodega.lib.clock import utc_now

SPANS = {"d": "days", "h": "hours", "m": "minutes"}


def run(arguments: list[str]) -> int:
    """Exit codes: 0 nothing is open, 1 there are differences, 2 it could not be done, or wrong words."""
    options = parser().parse_args(arguments)
    try:
        read_identity(volume_directory())
    except VolumeError as error:
        return refuse(str(error))
    set_up()
    from django.db import OperationalError

    from bodega.payments import stripe
    from bodega.payments.reconciling.running import Busy

    if not stripe.secret_key():
        return refuse("There is no Stripe key, so there is nothing to compare with.")
    try:
        return compare(options)
    except Busy as error:
        return refuse(f"{error} Try again in a minute.")
    except stripe.StripeUnreachable as error:
        return refuse(f"Stripe does not answer: {error}. What was settled stays; run it again.")
    except stripe.StripeRefused as error:
        return refuse(f"Stripe refuses: {error}")
    except OperationalError as error:
        return refuse(f"The shop's files cannot be used: {error}. Look at: bodega doctor")


def set_up() -> None:
    """Django, when it is not there yet."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bodega.settings")
    import django

    django.setup()


def compare(options: argparse.Namespace) -> int:
    """Do it and say how it went. Raises Busy, StripeUnreachable, StripeRefused."""
    from bodega.ops import reconcile

    with progress(options.json) as tell:
        done = reconcile.reconcile(
            options.since,
            dry=options.dry_run,
            tell=lambda what, count: tell(f"comparing {what}: {count:,}"),
        )
    if options.json:
        print(reconcile.as_json(done))
    else:
        from rich.console import Console

        reconcile.show(done, Console(highlight=False))
    return 1 if done.count else 0


def refuse(sentence: str) -> int:
    """Say why not; exit code 2, because 1 would mean that they differ."""
    print(f"bodega reconcile: {sentence}", file=sys.stderr)
    return 2


def parser() -> argparse.ArgumentParser:
    """The words of this verb."""
    words = argparse.ArgumentParser(
        prog="bodega reconcile",
        description="Compare the shop of $BODEGA_VOLUME with Stripe, beside the living shop: settle and "
        "rebuild what was paid, then list what was charged but is not in the shop, what is in the shop "
        "but not at Stripe, and which amounts differ.",
        epilog="docs/payments.md says what each list means and what to do.",
    )
    words.add_argument(
        "--since",
        type=moment,
        metavar="WHEN",
        help="how far back: 90d, 12h, 2026-11-01, 2026-11-01T08:30 (UTC; default 35d; never less than "
        "what the sweeper has not seen)",
    )
    words.add_argument("--dry-run", action="store_true", help="change nothing, only compare")
    words.add_argument("--json", action="store_true", help="one JSON object")
    return words


def moment(text: str) -> datetime:
    """A point in time: so long ago, or a date, or date and time (UTC unless it says otherwise)."""
    span = re.fullmatch(r"(\d{1,6})([dhm])", text)
    try:
        if span:
            return utc_now() - timedelta(**{SPANS[span[2]]: int(span[1])})
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"'{text}' is no time; as in 90d, 12h, 2026-11-01 or 2026-11-01T08:30"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
