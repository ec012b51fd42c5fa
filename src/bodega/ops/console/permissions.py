"""What a statement may do: SQLite asks for each action while it prepares one (sqlite3_set_authorizer).

`query_only` keeps rows from being written; this also keeps a reader from creating files (ATTACH,
VACUUM INTO), from checkpointing, and from leaving a transaction open that pins the WAL.
"""

import sqlite3

# fmt: off
# Pragmas that tell something about what is named behind them.
TELLING = frozenset({
    "table_info", "table_xinfo", "index_info", "index_xinfo", "index_list", "foreign_key_list",
    "integrity_check", "quick_check", "foreign_key_check", "table_list", "database_list",
    "function_list", "collation_list", "module_list", "pragma_list", "compile_options",
})
# Pragmas that tell something when nothing is behind them, and would set it otherwise.
READABLE = frozenset({
    "application_id", "auto_vacuum", "busy_timeout", "cache_size", "data_version", "encoding",
    "foreign_keys", "freelist_count", "journal_mode", "journal_size_limit", "max_page_count",
    "mmap_size", "page_count", "page_size", "query_only", "schema_version", "synchronous",
    "temp_store", "trusted_schema", "user_version", "wal_autocheckpoint",
})
# fmt: on
READING = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
OURS = {
    sqlite3.SQLITE_ATTACH: "ATTACH and VACUUM INTO are not allowed; see --attach, and bodega backup",
    sqlite3.SQLITE_DETACH: "DETACH is not allowed",
    sqlite3.SQLITE_TRANSACTION: "BEGIN, COMMIT and ROLLBACK are the console's own",
    sqlite3.SQLITE_SAVEPOINT: "SAVEPOINT is the console's own",
}


class Permissions:
    """An authorizer; `refused` is the sentence for the last refusal, "" when there was none."""

    def __init__(self, *, may_write: bool) -> None:
        self.may_write = may_write
        self.refused = ""

    def __call__(
        self, action: int, first: str | None, second: str | None, _file: str | None, _by: str | None
    ) -> int:
        sentence = self._objection(action, first, second)
        if not sentence:
            return int(sqlite3.SQLITE_OK)
        self.refused = sentence
        return int(sqlite3.SQLITE_DENY)

    def _objection(self, action: int, first: str | None, second: str | None) -> str:
        if action in READING:
            return ""
        if action in OURS:
            return OURS[action]
        if action == sqlite3.SQLITE_PRAGMA:
            is_fine = first in TELLING or (first in READABLE and second is None)
            return "" if is_fine else f"PRAGMA {first} is not one that only tells"
        return "" if self.may_write else "this console only reads; to change rows: --write"
