"""The Caddyfile: its blocks, and the directives Caddy 2 has (caddyserver documentation, directives)."""

import re

DIRECTIVES = """abort basic_auth bind encode error file_server forward_auth handle handle_errors
    handle_path header import log map method push redir request_body request_header respond
    reverse_proxy rewrite root route skip_log templates tls tracing try_files uri vars"""
INSIDE = {
    "request_body": {"max_size", "read_timeout", "write_timeout"},
    "reverse_proxy": {
        *("to", "lb_policy", "lb_retries", "lb_try_duration", "lb_try_interval", "health_uri"),
        *(
            "health_interval",
            "fail_duration",
            "flush_interval",
            "header_up",
            "header_down",
            "transport",
        ),
        *(
            "trusted_proxies",
            "stream_timeout",
            "stream_close_delay",
            "request_buffers",
            "response_buffers",
        ),
    },
    "log": {"output", "format", "level", "hostnames"},
}


def read(text: str) -> list[list[str]]:
    """Paths of words: the site, the directive, what is inside. Raises ValueError for unclosed blocks."""
    found: list[list[str]] = []
    open_blocks: list[str] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line == "}":
            if not open_blocks:
                raise ValueError(f"line {number} closes nothing")
            open_blocks.pop()
            continue
        words = re.sub(r"\s*{$", "", line)
        found.append([*open_blocks, words])
        if line.endswith(" {"):
            open_blocks.append(words)
    if open_blocks:
        raise ValueError(f"'{open_blocks[-1]}' is not closed")
    return found


def unknown(text: str) -> list[str]:
    """Directives that Caddy does not have, at their place."""
    wrong = []
    for path in read(text):
        names = [each.split()[0] for each in path]
        if len(path) == 2 and names[1] not in DIRECTIVES.split():
            wrong.append(names[1])
        if len(path) == 3 and names[2] not in INSIDE.get(names[1], {names[2]}):
            wrong.append(f"{names[1]} {names[2]}")
    return wrong
