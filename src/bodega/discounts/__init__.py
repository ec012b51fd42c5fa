"""Codes that make it cheaper."""
