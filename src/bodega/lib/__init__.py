"""Small things that know nothing of the shop: money, clock, files, text."""
