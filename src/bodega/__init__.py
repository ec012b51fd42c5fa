"""Bodega: a production e-commerce store that lives in one directory of four SQLite files."""

__version__ = "0.1.0"
