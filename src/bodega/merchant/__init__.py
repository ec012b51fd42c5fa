"""Who sells: name, address, currency, legal pages."""
