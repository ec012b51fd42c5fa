"""Money: attempts to pay, what moved, what goes back, and whether Stripe agrees."""

from bodega.payments.models.attempt import ALIVE, STARTABLE, Attempt
from bodega.payments.models.inbox import WebhookEvent
from bodega.payments.models.ledger import LedgerEntry
from bodega.payments.models.reconciliation import Discrepancy, Reconciliation
from bodega.payments.models.refund import WAITING, WANTS_ANSWER, Dispute, Refund, RefundLine

__all__ = [
    "ALIVE",
    "STARTABLE",
    "WAITING",
    "WANTS_ANSWER",
    "Attempt",
    "Discrepancy",
    "Dispute",
    "LedgerEntry",
    "Reconciliation",
    "Refund",
    "RefundLine",
    "WebhookEvent",
]
