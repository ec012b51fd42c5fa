"""Django's cache API on cache.sqlite3."""
