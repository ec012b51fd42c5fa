"""Answer once: the answer is stored in the transaction of what it tells of, and given again.

A request whose connection broke may have been carried out (37 of 146 that SIGKILL cut had been, design
6.2), and the client cannot know. With a key it simply asks again. A repeat that comes while the first is
still being worked on waits: SQLite has one writer; on PostgreSQL the second to insert finds the first's
row, and all that it did is rolled back.

Without a key nothing of this happens; with one it costs a row.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Concatenate, ParamSpec

from django.db import IntegrityError, transaction
from django.db.models import CharField, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse

from bodega.databases.prepared import Parameter, Prepared
from bodega.lib.clock import utc_now
from bodega.repeats.asking import MalformedKey, key_of, name_of, wish_of
from bodega.repeats.models import FirstAnswer

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

KEEP = timedelta(hours=24)
SWEEP_EVERY, SWEPT = 8, 16  # every eighth new row removes up to sixteen old ones
REPLAYED = "Idempotent-Replayed"  # Stripe's name for it
KEPT_HEADERS = ("Content-Type", "Location")
REUSED_STATUS = 422
REUSED = (
    "This was sent before with other words. Load the page again and repeat what you want to change."
)

KNOWN = Prepared(
    lambda: FirstAnswer.objects.filter(
        Q(key=Parameter("name", CharField())) | Q(key=Parameter("other", CharField()))
    )
)


class AnsweredMeanwhile(Exception):
    """Somebody else answered the same request first; everything done here is rolled back."""


def repeatable(who: Callable[[HttpRequest], Sequence[str]]) -> Callable[[View[P]], View[P]]:
    """A view that does no more than write to primary answers a repeated POST as it did the first.

    `who`: the one or two names under which the sender may have sent it; it is stored under the first.
    Not for views that call the network: they would do so inside a transaction.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            return answer_once(request, who(request), partial(view, request, *args, **kwargs))

        return guarded

    return decorate


def answer_once(
    request: HttpRequest, who: Sequence[str], answer: Callable[[], HttpResponse]
) -> HttpResponse:
    """`answer()`, or what it was the first time. 400 for a malformed key, 422 for a reused one."""
    try:
        key = key_of(request)
    except MalformedKey as error:
        return refusal(400, str(error))
    if key is None:
        return answer()
    names, wish = [name_of(key, each) for each in who], wish_of(request)
    try:
        with transaction.atomic():
            return first_answer(names, wish) or answer_first(names[0], wish, answer)
    except AnsweredMeanwhile:
        return first_answer(names, wish) or refusal(
            409, "This is being done. Try again in a moment."
        )


def first_answer(names: Sequence[str], wish: str) -> HttpResponse | None:
    """What was answered under one of these names; 422 when the wish was another."""
    known = KNOWN.first(name=names[0], other=names[-1])
    if known is None:
        return None
    if known.request != wish:
        return refusal(REUSED_STATUS, REUSED)
    return given_again(known)


def given_again(known: FirstAnswer) -> HttpResponse:
    """The answer as it was, and a header that says so."""
    to = known.headers.get("Location")
    again = HttpResponseRedirect(to) if to else HttpResponse(known.body)
    again.status_code = known.status
    for name, value in known.headers.items():
        again[name] = value
    again[REPLAYED] = "true"
    for cookie in known.cookies:
        again.cookies.load(cookie)
    return again


def answer_first(name: str, wish: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """Do it and store the answer, in the caller's transaction. Raises AnsweredMeanwhile.

    A refusal changes nothing and is not stored: the next attempt may succeed.
    """
    response = answer()
    if response.status_code >= 400:
        transaction.set_rollback(True)
    elif tells_of_something_done(response):
        keep(name, wish, response, utc_now())
    return response


def tells_of_something_done(response: HttpResponse) -> bool:
    """A redirect, or words for a program. A page in answer to a POST is a form shown again."""
    return response.status_code >= 300 or response.headers["Content-Type"] == "application/json"


def keep(name: str, wish: str, response: HttpResponse, now: datetime) -> None:
    """Store an answer, and sometimes let old ones go. Raises AnsweredMeanwhile."""
    try:
        kept = FirstAnswer.objects.create(
            key=name,
            request=wish,
            status=response.status_code,
            headers={each: response[each] for each in KEPT_HEADERS if each in response},
            cookies=[cookie.OutputString() for cookie in response.cookies.values()],
            body=response.text,
            at=now,
        )
    except IntegrityError:
        raise AnsweredMeanwhile from None
    if kept.pk % SWEEP_EVERY == 0:
        oldest = FirstAnswer.objects.order_by("pk").values("pk")[:SWEPT]
        FirstAnswer.objects.filter(pk__in=oldest, at__lt=now - KEEP).delete()


def refusal(status: int, sentence: str) -> HttpResponse:
    """Why not, for programs: pages of ours send no such request."""
    return JsonResponse({"message": sentence}, status=status)
