"""Money: attempts, Stripe, the webhook inbox, the ledger, settle()."""
