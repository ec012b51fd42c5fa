"""Backups: online copies that are verified, rotated and rehearsed (design 3.4, docs/backups.md)."""
