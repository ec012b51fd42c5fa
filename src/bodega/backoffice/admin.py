"""Everything the back office shows; Django imports this module to find it."""

from bodega.backoffice import (  # noqa: F401 - importing registers
    catalogue,
    delivery,
    machinery,
    merchant,
    orders,
    payments,
    people,
    prices,
    stock,
)
