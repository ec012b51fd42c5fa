"""What must happen after a commit, written in the same transaction."""

from bodega.outbox.messages import Errand, NoTransaction, put, put_all

__all__ = ["Errand", "NoTransaction", "put", "put_all"]
