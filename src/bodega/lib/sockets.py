"""What whoever opens the shop's socket and whoever accepts on it agree on."""

BACKLOG = 2048  # connections that wait while web processes are exchanged
