"""What must happen after a commit, written in the same transaction."""

from bodega.outbox.messages import NoTransaction, put, put_all

__all__ = ["NoTransaction", "put", "put_all"]
