"""The search page: what was found, or what was probably meant, or something else to look at."""

from dataclasses import dataclass, field

from bodega.catalog import offers, search, shelves
from bodega.catalog.listing import Listing, of_search, show
from bodega.catalog.wishes import Wishes
from bodega.merchant.models import Merchant


@dataclass(frozen=True, slots=True)
class Findings:
    """Exactly one of `listing`, `similar` and `newest` has something to show."""

    query: str
    listing: Listing | None = None
    meant: str = ""
    similar: list[offers.Card] = field(default_factory=list)
    newest: list[offers.Card] = field(default_factory=list)


def find(query: str, wishes: Wishes, shop: Merchant) -> Findings:
    """Look for `query`. Raises listing.NoSuchPage."""
    ids = search.search(query)
    if ids:
        return Findings(query, listing=show(of_search(ids), wishes, shop, q=query))
    similar = search.similar(query)
    if similar.ids:
        found = offers.cards(search.ranked(similar.ids))
        return Findings(query, meant=similar.words, similar=found)
    return Findings(query, newest=shelves.newest())


def tidy(query: str) -> str:
    """What was typed as one line of readable characters, cut to what counts."""
    readable = "".join(
        letter if letter.isprintable() else " " for letter in query[: search.LONGEST]
    )
    return " ".join(readable.split())
