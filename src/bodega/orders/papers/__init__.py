"""The papers of an order: what they say, frozen, and how that is printed."""
