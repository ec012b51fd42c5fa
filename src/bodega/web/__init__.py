"""The one door for HTTP: page cache, live streams, Django."""

BACKLOG = 2048  # connections that wait while web processes are exchanged
