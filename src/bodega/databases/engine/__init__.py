"""Django's SQLite backend on our library and our rules: `ENGINE = "bodega.databases.engine"`."""
