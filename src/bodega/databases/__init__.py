"""The ground: four SQLite files in one directory, opened in one way.

Importing this package makes pysqlite3 *the* SQLite library of the process (see `library`), so it must
happen before anything imports `sqlite3`; Bodega's settings and its engine both do.
"""

from bodega.databases.library import install

install()
