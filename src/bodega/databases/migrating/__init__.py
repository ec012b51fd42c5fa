"""May a migration run beside the release that is serving? (design 3.3, 6.2: expand and contract)

Django rebuilds a table for most changes on SQLite: the write lock is held for as long as the rows take
to be copied, and the table's triggers are gone. And an older release, which goes on serving during a
deploy, must be able to live with the new tables. `classifying` says which of the two is a problem and
why, `rehearsing` finds out what Django will do, on an empty copy of the tables.
"""
