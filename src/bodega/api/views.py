"""`/api/`: an order, its refunds, and making one."""

import secrets

from django.http import HttpRequest, HttpResponse, JsonResponse

from bodega.api import reading, telling
from bodega.api.answering import Refused, endpoint
from bodega.customers.models import ApiKey
from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.payments import refunding, sending
from bodega.payments.models import Refund
from bodega.payments.portions import NotRefundable, Wish


@endpoint("GET", "HEAD")
def order(_request: HttpRequest, _key: ApiKey, number: str) -> HttpResponse:
    """`GET /api/orders/<number>/`"""
    return JsonResponse(telling.order(find(number)))


@endpoint("GET", "HEAD", "POST")
def refunds(request: HttpRequest, key: ApiKey, number: str) -> HttpResponse:
    """`GET /api/orders/<number>/refunds/` lists them, `POST` makes one."""
    about = find(number)
    if request.method != "POST":
        return JsonResponse({"refunds": telling.refunds(about)})
    wish = reading.wish_of(about, reading.body_of(request))
    name = reading.key_of(request) or secrets.token_hex(16)
    made, is_new = give_back(about, wish, f"api/{name}", f"API: {key.name}"[:80])
    if made.is_waiting:
        return JsonResponse(telling.refund(made), status=202)
    return JsonResponse(telling.refund(made), status=201 if is_new else 200)


def find(number: str) -> Order:
    """The order with this number. Raises Refused."""
    found = Order.objects.filter(number=number).first()
    if found is None:
        raise Refused(404, "no_such_order", f"There is no order {number}.")
    return found


def give_back(about: Order, wish: Wish, name: str, actor: str) -> tuple[Refund, bool]:
    """Make the refund, or find the one made under this key; whether it is new. Raises Refused."""
    now = utc_now()
    try:
        made, is_new = refunding.record(about, wish, key=name, actor=actor, now=now)
    except NotRefundable as error:
        raise Refused(422, error.code, str(error), error.field) from error
    except refunding.KeyReused as error:
        raise Refused(409, "key_reused", str(error), "Idempotency-Key") from error
    if made.is_waiting:
        sending.send(made, now=now, hurry=True)
    if made.state == Refund.State.FAILED and made.refund_id is None:
        raise Refused(422, "refused_by_stripe", f"Stripe refused the refund: {made.failure}")
    return made, is_new
