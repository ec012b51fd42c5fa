from tests.jobs.conftest import engine, migrated, nothing_done, now

__all__ = ["engine", "migrated", "nothing_done", "now"]
