"""Pack and ship: a form with what remains, on the order's page and on one of its own for mistakes."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from bodega.backoffice.editing import actor_of
from bodega.lib.clock import utc_now
from bodega.orders import carriers, dispatching
from bodega.orders.dispatching import CannotShip, Label
from bodega.orders.models import Order, OrderLine, Shipment


class ParcelForm(forms.Form):
    """What goes into the next parcel. `n`, its number, makes a double click one parcel."""

    n = forms.IntegerField(widget=forms.HiddenInput)
    carrier = forms.CharField(
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"list": "carriers", "autocomplete": "off"}),
    )
    number = forms.CharField(
        label="Tracking number",
        required=False,
        max_length=60,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    url = forms.URLField(
        label="Tracking link",
        required=False,
        max_length=200,
        assume_scheme="https",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "inputmode": "url"}),
        help_text="Only for a carrier that is not in the list.",
    )

    def __init__(self, order: Order, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"n": order.shipments.count() + 1}, prefix="parcel")
        self.order, self.left = order, dispatching.remaining(order)
        self.lines: list[OrderLine] = list(order.lines.filter(pk__in=self.left))
        for line in self.lines:
            most = self.left[line.pk]
            self.fields[f"line{line.pk}"] = forms.IntegerField(
                label=f"How many {line.title}",
                required=False,
                min_value=0,
                max_value=most,
                initial=most,
                widget=UnfoldAdminIntegerFieldWidget(attrs={"min": 0, "max": most}),
                error_messages={"max_value": f"Of {line.title}, {most} remain to be shipped."},
            )

    @property
    def rows(self) -> Iterator[tuple[OrderLine, int, forms.BoundField]]:
        """The lines with what remains and their fields."""
        for line in self.lines:
            yield line, self.left[line.pk], self[f"line{line.pk}"]

    def ship(self, *, actor: str) -> Shipment:
        """Send what a valid form describes. Raises CannotShip."""
        words = self.cleaned_data
        return dispatching.ship(
            self.order,
            {line.pk: words[f"line{line.pk}"] or 0 for line in self.lines},
            Label(words["carrier"], words["number"], words["url"]),
            actor=actor,
            at=utc_now(),
            n=words["n"],
        )


def shown(order: Order) -> dict[str, Any]:
    """What the order's page shows of parcels."""
    form = ParcelForm(order) if order.status == Order.Status.PAID else None
    return {
        "parcels": order.shipments.prefetch_related("lines__line"),
        "parcel_form": form if form and form.lines else None,
        "carriers": carriers.PAGES,
    }


@staff_member_required
@require_http_methods(["GET", "HEAD", "POST"])
def parcels(request: HttpRequest, pk: int) -> HttpResponse:
    """An order's parcels: POST sends one, GET shows the form."""
    check_may_change(request)
    order = get_object_or_404(Order, pk=pk)
    form = ParcelForm(order, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            parcel = form.ship(actor=actor_of(request))
        except dispatching.ShippedMeanwhile as error:
            messages.info(request, f"{error} Nothing was shipped twice.")
            return to_order(order)
        except CannotShip as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Parcel {parcel.n} is on its way; the customer is told.")
            return to_order(order)
    words = {
        **admin.site.each_context(request),
        **shown(order),
        "title": f"Parcel of order {order.number}",
        "original": order,
        "parcel_form": form,
    }
    return render(request, "backoffice/parcel.html", words, status=422 if form.errors else 200)


@staff_member_required
@require_POST
def arrival(request: HttpRequest, pk: int) -> HttpResponse:
    """A parcel arrived, or was collected."""
    check_may_change(request)
    parcel = get_object_or_404(Shipment.objects.select_related("order"), pk=pk)
    if dispatching.mark_delivered(parcel, actor=actor_of(request), at=utc_now()):
        messages.success(request, "Noted. From today on the period for withdrawing runs.")
    else:
        messages.info(request, "That was noted before.")
    return to_order(parcel.order)


def ship_all(request: HttpRequest, orders: Any) -> None:
    """All that remains of the chosen orders leaves, without tracking; says which could not."""
    check_may_change(request)
    shipped, problems = 0, []
    for order in orders.order_by("pk"):
        try:
            dispatching.ship_rest(order, actor=actor_of(request), at=utc_now())
            shipped += 1
        except CannotShip as error:
            problems.append(str(error) if order.number in str(error) else f"{order}: {error}")
    if shipped:
        plural = "orders are" if shipped > 1 else "order is"
        messages.success(request, f"{shipped} {plural} shipped; the customers are told.")
    for problem in problems:
        messages.warning(request, problem)


def check_may_change(request: HttpRequest) -> None:
    """Raises PermissionDenied."""
    if not request.user.has_perm("orders.change_order"):
        raise PermissionDenied("You may not change orders. Ask somebody who manages people here.")


def to_order(order: Order) -> HttpResponse:
    """Back to the order's page."""
    return HttpResponseRedirect(reverse("admin:orders_order_change", args=(order.pk,)))
