"""Live updates in cable.sqlite3, as server-sent events."""
