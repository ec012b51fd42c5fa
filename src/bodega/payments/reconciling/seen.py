"""Which rows of the ledger Stripe has shown us: a bit a row, so that a year of orders fits in a page."""

from datetime import datetime

from django.db.models import Max, Min

from bodega.payments.models import LedgerEntry


class Seen:
    """Marks for the ledger's rows written since a moment; what is written later counts as seen."""

    def __init__(self, since: datetime) -> None:
        rows = LedgerEntry.objects.filter(at__gte=since).aggregate(first=Min("pk"), last=Max("pk"))
        self.first: int = rows["first"] or 1
        self.last: int = rows["last"] or 0
        self._bits = bytearray((max(0, self.last - self.first + 1) + 7) // 8)

    def mark(self, pk: int) -> None:
        """Stripe has it."""
        if self.first <= pk <= self.last:
            byte, bit = divmod(pk - self.first, 8)
            self._bits[byte] |= 1 << bit

    def __contains__(self, pk: int) -> bool:
        if not self.first <= pk <= self.last:
            return True
        byte, bit = divmod(pk - self.first, 8)
        return bool(self._bits[byte] >> bit & 1)
