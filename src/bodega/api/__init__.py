"""The shop for programs: orders and refunds as JSON, with a key for each program (docs/api.md)."""
