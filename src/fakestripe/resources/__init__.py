"""One file per resource of Stripe's API: its shape, and what can be done with it."""
