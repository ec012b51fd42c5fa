"""The words of mails: the shop's own until the merchant writes others; and sending a mail again."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.core.validators import validate_email
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from bodega.backoffice.editing import ReadOnly, ShopAdmin, actor_of
from bodega.backoffice.parcels import check_may_change, to_order
from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders import mails, wording
from bodega.orders.letters import KINDS
from bodega.orders.models import Mail, MailTemplate, Order
from bodega.orders.wording import Kind


class WordsForm(forms.Form):
    """Subject and words of a kind of mail."""

    subject = forms.CharField(max_length=160, widget=UnfoldAdminTextInputWidget)
    body = forms.CharField(
        label="Words",
        max_length=10_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12}),
        help_text="Markdown: # heading, **bold**, [text](https://…). Facts come below by themselves.",
    )

    def __init__(self, kind: Kind, data: Any = None) -> None:
        words = wording.words_of(kind)
        super().__init__(data, initial={"subject": words.subject, "body": words.body})
        self.kind = kind

    def clean_subject(self) -> str:
        return self._known(self.cleaned_data["subject"])

    def clean_body(self) -> str:
        return self._known(self.cleaned_data["body"])

    def _known(self, text: str) -> str:
        wording.check(self.kind, text)
        return text


def preview(kind: Kind, subject: str, body: str) -> dict[str, str]:
    """What a mail with these words looks like, for an order that does not exist."""
    values = kind.example | {"shop": Merchant.current().name}
    words = {
        "kind": replace(kind, blocks=()),
        "words": wording.as_html(body, values),
        "shop": Merchant.current(),
        "order": {"number": values["number"]},
        "link": values["link"],
    }
    html = render_to_string("mail/message.html", words)
    return {"subject": wording.subject(subject, values), "html": html}


@staff_member_required
@require_http_methods(["GET", "HEAD", "POST"])
def words(request: HttpRequest, name: str) -> HttpResponse:
    """The words of one kind: GET shows them, POST saves, shows a preview, or goes back to the shop's."""
    check_may_write(request)
    if name not in KINDS:
        raise Http404(f"There is no mail called {name}.")
    kind = KINDS[name]
    if request.method == "POST" and "reset" in request.POST:
        MailTemplate.objects.filter(kind=name).delete()
        messages.success(request, f"{kind.title}: the shop's own words are back.")
        return to_kinds()
    form = WordsForm(kind, request.POST if request.method == "POST" else None)
    valid = form.is_valid() if form.is_bound else True
    if form.is_bound and valid and "preview" not in request.POST:
        MailTemplate.objects.update_or_create(kind=name, defaults=form.cleaned_data)
        messages.success(request, f"{kind.title}: your words are saved.")
        return to_kinds()
    said = form.cleaned_data if form.is_bound else form.initial
    context = {
        **admin.site.each_context(request),
        "title": f"Words of the mail “{kind.title.strip('“”')}”",
        "kind": kind,
        "form": form,
        "preview": preview(kind, said["subject"], said["body"]) if valid else None,
        "is_own": MailTemplate.objects.filter(kind=name).exists(),
    }
    return render(request, "backoffice/words.html", context, status=200 if valid else 422)


def check_may_write(request: HttpRequest) -> None:
    """Raises PermissionDenied."""
    if not request.user.has_perm("orders.change_mailtemplate"):
        raise PermissionDenied("You may not change mails. Ask somebody who manages people here.")


def to_kinds() -> HttpResponse:
    """Back to the list of kinds."""
    return HttpResponseRedirect(reverse("admin:orders_mailtemplate_changelist"))


@admin.register(MailTemplate)
class WordsAdmin(ReadOnly, ShopAdmin):
    """The list has every kind, also those whose words are still the shop's."""

    def changelist_view(
        self, request: HttpRequest, _context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        own = set(MailTemplate.objects.values_list("kind", flat=True))
        context = {
            **admin.site.each_context(request),
            "title": "Words of mails",
            "kinds": [(kind, kind.name in own) for kind in KINDS.values()],
        }
        return render(request, "backoffice/kinds.html", context)


def shown(order: Order) -> dict[str, Any]:
    """What the order's page shows of mails: each with the number its next repetition would have."""
    rows = list(order.mails.all())
    matters = [(mail.kind, mails.matter_of(mail.about)) for mail in rows]
    return {
        "letters": [
            {
                "mail": mail,
                "title": KINDS[mail.kind].title if mail.kind in KINDS else mail.kind,
                "next": matters.count(matter) + 1 if mail.kind in KINDS else None,
                "is_first": matters.index(matter) == n,
            }
            for n, (mail, matter) in enumerate(zip(rows, matters, strict=True))
        ]
    }


@staff_member_required
@require_POST
def repetition(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a mail again, to the address in the form. `n` makes a double click one mail."""
    check_may_change(request)
    mail = get_object_or_404(Mail.objects.select_related("order"), pk=pk, kind__in=KINDS)
    recipient, n = request.POST.get("recipient", "").strip(), request.POST.get("n", "")
    try:
        validate_email(recipient)
    except forms.ValidationError:
        messages.error(request, f"“{recipient}” is no e-mail address, so nothing was sent.")
        return to_order(mail.order)
    times = int(n) if n.isascii() and n.isdecimal() and len(n) < 5 else 0
    who = actor_of(request)
    if times > 1 and mails.resend(mail, times, recipient=recipient, actor=who, at=utc_now()):
        messages.success(request, f"It goes out again, to {recipient}.")
    else:
        messages.info(request, "That was asked for before; it is sent once.")
    return to_order(mail.order)
