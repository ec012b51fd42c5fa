"""What a consumer states who withdraws: once, whether it is shown back to her, stored or mailed.

Between the two steps nothing is stored: the statement travels through the customer's page, signed, so
that what is confirmed is what was shown (Directive 2011/83/EU, article 11a, as amended by (EU)
2023/2673: a statement, then "confirm withdrawal", then a receipt with its content, date and time).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from django.core import signing
from django.utils.dateformat import format as written
from django.utils.timezone import localtime

from bodega.orders.models import Withdrawal, new_public_id

SALT = "bodega.withdrawal"
OPEN = timedelta(days=1)  # how long the second step may wait
TO_THE_SECOND = "j F Y, H:i:s e"
Rows = list[tuple[str, str]]


class StatementTooOld(Exception):
    """The second step came too late, or with something that is no statement of ours."""


@dataclass(frozen=True)
class Statement:
    """`lines`: (line id, quantity, what it is called) of what was chosen on the order's own page.

    `order` is its public id, known when she came from the order's page; a guest gives number and e-mail
    address. `key` becomes the withdrawal's public id, so that a second click finds the first's.
    """

    number: str
    name: str
    email: str
    wording: str = ""
    lines: Sequence[tuple[int, int, str]] = ()
    is_whole: bool = True
    order: str = ""
    key: str = field(default_factory=new_public_id)

    def sealed(self) -> str:
        """For the hidden field of the second step."""
        return signing.dumps(asdict(self), salt=SALT, compress=True)

    def content(self) -> Rows:
        """What is stated, row by row."""
        return content(self, [name for _, _, name in self.lines])


def opened(seal: str) -> Statement:
    """The statement as it was shown. Raises StatementTooOld."""
    try:
        told = signing.loads(seal, salt=SALT, max_age=OPEN)
    except signing.BadSignature as error:
        raise StatementTooOld from error
    return Statement(**told | {"lines": [tuple(line) for line in told["lines"]]})


def receipt(withdrawal: Withdrawal) -> Rows:
    """What was stated, and when it was received."""
    rows = withdrawal.lines.select_related("line")
    stated = Statement(
        withdrawal.order.number,
        withdrawal.name,
        withdrawal.email,
        withdrawal.statement,
        is_whole=withdrawal.is_whole,
    )
    named = [called(row.quantity, row.line.title, row.line.options) for row in rows]
    return [*content(stated, named), ("Received", moment(withdrawal.confirmed_at))]


def content(stated: Statement, articles: Sequence[str]) -> Rows:
    """The statement in rows: label, what was said."""
    what = (
        "the whole order" if stated.is_whole else "\n".join(articles) or "the articles named below"
    )
    rows = [
        ("I withdraw from the contract of order", stated.number),
        ("For", what),
        ("Name", stated.name),
        ("E-mail address", stated.email),
    ]
    return [*rows, ("Your words", stated.wording)] if stated.wording else rows


def called(quantity: int, title: str, options: str) -> str:
    """How an article is named: 2 × Dunes (A3 / oak)."""
    return f"{quantity} × {title} ({options})" if options else f"{quantity} × {title}"


def moment(at: datetime) -> str:
    """A moment as a receipt states it: date, time to the second, and whose time that is."""
    return written(localtime(at), TO_THE_SECOND)
