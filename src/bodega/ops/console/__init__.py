"""The console of `bodega sql`: questions to the four files, without Django and within 15 MB.

What is imported here is counted in megabytes (bench/memory_sql.py): no dataclasses, no rich, json and
readline only when they are used.
"""
