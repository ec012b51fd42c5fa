"""Who buys and who works here."""
