"""A stateful stand-in for Stripe that runs offline, on loopback only."""
