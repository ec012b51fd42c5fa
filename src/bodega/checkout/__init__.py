"""From a cart to an order, in one write transaction."""
