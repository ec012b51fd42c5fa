"""Everything the back office shows; Django imports this module to find it."""

from django.contrib import admin

from bodega.backoffice import (  # noqa: F401 - importing registers
    catalogue,
    delivery,
    documents,
    keys,
    letters,
    machinery,
    merchant,
    orders,
    payments,
    people,
    prices,
    reconciliation,
    refunds,
    stock,
    withdrawals,
)

admin.site.index_title = "Dashboard"
