"""Running the shop."""
