"""Where the merchant works: Django's admin in unfold's clothes, and a dashboard."""
