"""The shop, the buyer and the bank of `tests.till`."""

from tests.till import bank, buyer, merchant, order, paid, variant

__all__ = ["bank", "buyer", "merchant", "order", "paid", "variant"]
