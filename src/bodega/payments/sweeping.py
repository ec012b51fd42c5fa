"""The sweeper: money that nobody told us about (design 5.2, point 6, a to c).

A webhook can be lost, an event never generated, an answer dropped, a row lost with the disk. So every
few minutes, and before checkout opens, the shop asks Stripe what was paid and settles what it does not
know. Whatever it finds goes through the one door, `settling`; a run that dies is run again.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from bodega.payments import endpoint, identity, inbox, stripe, units
from bodega.payments.models import STARTABLE, Attempt, WebhookEvent
from bodega.payments.reconciling.differences import Difference, Kind
from bodega.payments.reconciling.paging import Json, pages, since
from bodega.payments.reconciling.run import Run, moment

SESSIONS, EVENTS = "/v1/checkout/sessions", "/v1/events"
CHECKOUT = "checkout.session."

PATIENCE = timedelta(minutes=5)  # so long an attempt may be left to webhook and success page
TRANSFER_PATIENCE = timedelta(hours=1)  # a debit takes days: asking more often changes nothing
MOST_ASKED = 500  # attempts of a run that are asked about one by one; the others wait their turn
EVENTS_KEPT = timedelta(days=30)  # https://docs.stripe.com/api/events
State = Attempt.State
# What an attempt must have become of when Stripe says paid, complete but unpaid, expired.
PAID = {State.PAID, State.DIFFERS}
WAITING = PAID | {State.PROCESSING, State.FAILED}
OVER = set(State) - set(STARTABLE)


def sweep(run: Run) -> None:
    """Everything that was paid since `run.since` is in the shop afterwards.

    Raises StripeUnreachable, and StripeRefused when not even sessions may be listed.
    """
    settle_sessions(run)
    settle_attempts(run)
    try:
        take_in_events(run)
    except stripe.StripeRefused as refused:  # a restricted key; the rest does not need it
        run.refusals.append(f"Events cannot be listed: {refused}")


def settle_sessions(run: Run) -> None:
    """(b) Sessions that were completed, by when they were made: also those whose rows were lost."""
    for page in pages(SESSIONS, since(run.since) | {"status": "complete"}):
        settle_untold(run, page)
        run.saw("sessions", len(page))


def settle_untold(run: Run, sessions: Iterable[Json]) -> None:
    """Settle those of a page which the shop does not know as they are; one query tells which."""
    for session in untold(sessions):
        if not run.is_dry:
            run.settle_by_id(session["id"])
        elif session["payment_status"] == "paid":
            run.differs(not_settled(session))


def untold(sessions: Iterable[Json]) -> Iterator[Json]:
    """Sessions of ours whose attempt is missing or behind."""
    ours = [each for each in sessions if identity.owns(each["metadata"])]
    known = Attempt.objects.filter(session_id__in=[each["id"] for each in ours])
    states = dict(known.values_list("session_id", "state"))
    return (each for each in ours if not is_told(each, states.get(each["id"])))


def is_told(session: Json, state: str | None) -> bool:
    """Whether an attempt in `state` (None: there is none) says what the session says."""
    if session["status"] == "complete":
        return state in (WAITING if session["payment_status"] == "unpaid" else PAID)
    return session["status"] != "expired" or state is None or state in OVER


def not_settled(session: Json) -> Difference:
    """What a dry run says of a session that it would have settled."""
    currency = session["currency"].upper()
    number = session["metadata"].get("number", "?")
    return Difference(
        kind=Kind.NOT_IN_SHOP,
        reference=session["payment_intent"] or session["id"],
        currency=currency,
        detail=f"Order {number} was paid ({session['id']}) and is not settled yet.",
        happened_at=moment(session),
        there=units.from_stripe(session["amount_total"] or 0, currency),
    )


def settle_attempts(run: Run) -> None:
    """(a) Our own attempts that wait for longer than they should, one by one, the stalest first.

    `updated_at` is when Stripe was last asked, so that all have their turn.
    """
    for session_id in stale_attempts(run.clock()):
        if not run.is_dry:
            run.settle_by_id(session_id)
            Attempt.objects.filter(session_id=session_id).update(updated_at=run.clock())
        run.saw("attempts", 1)


def stale_attempts(now: datetime) -> list[str]:
    """Session ids of attempts that somebody should ask about."""
    patience: Mapping[str, timedelta] = {
        State.OPEN: PATIENCE,
        State.UNKNOWN: PATIENCE,
        State.PROCESSING: TRANSFER_PATIENCE,
    }
    found: list[str] = []
    for state, span in patience.items():
        waiting = Attempt.objects.filter(state=state, created_at__lte=now - span)
        stale = waiting.filter(updated_at__lte=now - span, session_id__isnull=False)
        ids = stale.order_by("updated_at").values_list("session_id", flat=True)
        found += [str(session_id) for session_id in ids[: MOST_ASKED - len(found)]]
    return found


def take_in_events(run: Run) -> None:
    """(c) Events that Stripe could not deliver: sessions are settled, the others go into the inbox."""
    start = max(run.since, run.clock() - EVENTS_KEPT)
    asked = since(start) | {"delivery_success": False, "types": list(endpoint.NEEDED)}
    for page in pages(EVENTS, asked):
        settle_untold(run, latest(event for event in page if event["type"].startswith(CHECKOUT)))
        if not run.is_dry:
            receive(run, [each for each in page if not each["type"].startswith(CHECKOUT)])
        run.saw("events", len(page))


def latest(events: Iterable[Json]) -> list[Json]:
    """The sessions that events are about, each as the newest of them shows it (newest come first)."""
    sessions: dict[str, Json] = {}
    for event in events:
        sessions.setdefault(event["data"]["object"]["id"], event["data"]["object"])
    return list(sessions.values())


def receive(run: Run, events: list[Json]) -> None:
    """As if the webhook had brought them; those that are there already cost one query a page."""
    ids = [event["id"] for event in events]
    known = set(WebhookEvent.objects.filter(event_id__in=ids).values_list("event_id", flat=True))
    for event in events:
        if event["id"] not in known:
            try:
                inbox.receive(json.dumps(event).encode(), now=run.clock())
            except inbox.NotAnEvent as error:  # of the other mode; the webhook would refuse it too
                run.refusals.append(f"{event['id']} was not taken in: {error}")
