"""The one door for HTTP: page cache, live streams, Django."""
