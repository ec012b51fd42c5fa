"""Carriers, and the pages on which they show where a parcel is.

The addresses are the carriers' own public ones; `{}` is the tracking number.
"""

from urllib.parse import quote, urlsplit

PAGES = {
    "DHL": "https://www.dhl.com/global-en/home/tracking.html?submit=1&tracking-id={}",
    "DPD": "https://tracking.dpd.de/status/en_US/parcel/{}",
    "FedEx": "https://www.fedex.com/fedextrack/?trknbr={}",
    "GLS": "https://gls-group.eu/EU/en/parcel-tracking?match={}",
    "Hermes": "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation#{}",
    "La Poste": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "Royal Mail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
    "UPS": "https://www.ups.com/track?tracknum={}",
    "USPS": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
}
BY_NAME = {name.casefold(): page for name, page in PAGES.items()}


def tracking_url(carrier: str, number: str) -> str:
    """Where a parcel is shown; empty for a carrier we do not know, or without a number."""
    page = BY_NAME.get(carrier.strip().casefold(), "")
    compact = "".join(number.split())
    return page.format(quote(compact, safe="")) if page and compact else ""


def is_safe(url: str) -> bool:
    """Whether customers may be sent there: https, and somebody's host."""
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.hostname)
