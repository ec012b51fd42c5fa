"""Web addresses that others give us: which of them can be visited at all."""

from urllib.parse import urlsplit


def is_absolute(url: str) -> bool:
    """Whether it is http or https with a host, and a port that exists if it names one."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # `http://[`, `http://shop:99999`
        return False
