"""`POST /payments/webhook/`: verify, store, commit, 200 (design 5.2, point 3).

Nothing but the storage can fail the request, and that must: a 500 makes Stripe try again for three days.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bodega.lib.clock import utc_now
from bodega.payments import inbox, signatures

LARGEST_BODY = 512 * 1024  # bytes; Stripe's events are a few thousand. Django stops at 1 MB anyway


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Take in one event; a duplicate is answered like the first."""
    now, body = utc_now(), request.body
    if len(body) > LARGEST_BODY:
        return HttpResponse(f"larger than {LARGEST_BODY} bytes", status=413)
    header = request.headers.get("Stripe-Signature", "")
    try:
        signatures.verify(body, header, signatures.secret(), now)
        is_new = inbox.receive(body, now=now)
    except (signatures.BadSignature, inbox.NotAnEvent) as error:
        return HttpResponse(str(error), status=400, content_type="text/plain")
    return HttpResponse("stored" if is_new else "known", content_type="text/plain")
