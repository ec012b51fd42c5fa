"""Background jobs in queue.sqlite3, behind Django's Tasks API."""
