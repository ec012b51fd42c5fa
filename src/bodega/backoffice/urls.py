"""Addresses of the back office that the admin does not make itself."""

from django.urls import URLPattern, URLResolver, path

from bodega.backoffice import (
    cancelling,
    documents,
    letters,
    parcels,
    reconciliation,
    refunds,
    withdrawals,
)
from bodega.backoffice.originals import original

urlpatterns: list[URLPattern | URLResolver] = [
    path("originals/<path:name>", original),
    path("documents/<int:pk>/", documents.document, name="order_document"),
    path("orders/order/<int:pk>/invoice/", documents.invoice, name="order_invoice"),
    path("orders/order/<int:pk>/packing-slip/", documents.packing_slip, name="order_packing_slip"),
    path("orders/order/<int:pk>/parcels/", parcels.parcels, name="order_parcels"),
    path("orders/order/<int:pk>/cancellation/", cancelling.cancellation, name="order_cancellation"),
    path("parcels/<int:pk>/arrival/", parcels.arrival, name="parcel_arrival"),
    path("withdrawals/<int:pk>/decision/", withdrawals.decision, name="withdrawal_decision"),
    path("mails/<int:pk>/repetitions/", letters.repetition, name="mail_repetition"),
    path("orders/mailtemplate/<slug:name>/words/", letters.words, name="mail_words"),
    path("orders/order/<int:pk>/refunds/", refunds.refunds, name="order_refunds"),
    path("refunds/<int:pk>/repetitions/", refunds.repetition, name="refund_repetition"),
    path("refunds/<int:pk>/settlement/", refunds.settlement, name="refund_settlement"),
    path("reconciliations/", reconciliation.comparison, name="reconciliation_comparison"),
    path(
        "discrepancies/<int:pk>/second-look/",
        reconciliation.second_look,
        name="discrepancy_second_look",
    ),
    path(
        "discrepancies/<int:pk>/explanation/",
        reconciliation.explanation,
        name="discrepancy_explanation",
    ),
]
