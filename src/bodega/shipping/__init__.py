"""How it gets there: zones, methods by weight or price, pickup."""
