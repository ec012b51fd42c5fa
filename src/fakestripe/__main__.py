"""`python -m fakestripe`: starts the stand-in bank on this machine, for this machine only."""

import argparse
import ipaddress
import socket
import sys
from collections.abc import Sequence

from fakestripe.bank import Endpoint, Settings
from fakestripe.server import Server

DEFAULT_PORT = 12111


def main(argv: Sequence[str] | None = None) -> None:
    options = parse(argv)
    refuse_outside(options.host)
    listener = bind(options.host, options.port)
    port = listener.getsockname()[1]
    base_url = f"http://{f'[{options.host}]' if ':' in options.host else options.host}:{port}"
    settings = Settings(
        base_url=base_url,
        merchant=options.merchant,
        retries=tuple(options.retries),
        debit_delay=options.debit_delay,
        rate_limit=options.rate_limit,
        endpoints=endpoints(options.webhook, options.secret, options.events),
    )
    print(f"fakestripe is at {base_url} (test only; control at {base_url}/_fake/state)", flush=True)
    Server(listener, settings, options.data).run()


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="fakestripe",
        description="A stateful stand-in for Stripe that runs offline. Test only.",
    )
    add = parser.add_argument
    add("--port", type=port_number, default=DEFAULT_PORT, help="default %(default)s; 0: a free one")
    add("--host", default="127.0.0.1", help="a loopback address (default %(default)s)")
    add("--webhook", metavar="URL", help="deliver events to this address")
    add("--secret", metavar="WHSEC", help="sign them with this secret (whsec_…)")
    add("--events", metavar="TYPES", default="*", help="comma-separated types (default: all)")
    add("--data", metavar="FILE", default="", help="keep the state here (default: in memory)")
    add("--merchant", default="Test shop", help="the name on the payment page")
    add("--retries", metavar="SECONDS", type=pauses, default=Settings.retries,
        help="comma-separated pauses before each further webhook attempt")  # fmt: skip
    add("--debit-delay", metavar="SECONDS", type=float, default=Settings.debit_delay,
        help="how long a SEPA debit takes (default %(default)s)")  # fmt: skip
    add("--rate-limit", metavar="N", type=limit, default=Settings.rate_limit,
        help="answer 429 beyond N API requests a second, as Stripe's test mode does at 25 "
        "(default: no limit)")  # fmt: skip
    options = parser.parse_args(argv)
    if bool(options.webhook) != bool(options.secret):
        parser.error("--webhook and --secret go together: events are always signed.")
    return options


def port_number(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: use 0 to 65535")
    return port


def limit(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is not a number of requests: use 0 or more")
    return int(text)


def pauses(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(",") if part)


def endpoints(url: str | None, secret: str | None, events: str) -> tuple[Endpoint, ...]:
    if url is None or secret is None:
        return ()
    return (Endpoint(url, secret, tuple(part.strip() for part in events.split(","))),)


def refuse_outside(host: str) -> None:
    """Anyone who reaches the control API can make "payments": it stays on this machine."""
    try:
        if ipaddress.ip_address(host).is_loopback:
            return
    except ValueError:
        if host == "localhost":
            return
    sys.exit(
        f"fakestripe only listens on this machine: {host} is not a loopback address, and anyone "
        "who reached it could invent payments. Use --host 127.0.0.1."
    )


def bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as problem:
        sys.exit(
            f"fakestripe cannot listen on {host}:{port} ({problem.strerror}). "
            "Choose another --port, or 0 for a free one."
        )
    listener.listen(128)
    listener.set_inheritable(True)
    return listener


if __name__ == "__main__":
    main()
