"""The words of every kind of mail: the shop's own, until the merchant writes others.

Words are Markdown with placeholders in braces, e.g. `{name}`; the facts of the matter (articles, parcel,
a withdrawal's content) are set below them by `mail/message.html` and `.txt` and cannot be worded away.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from html import escape

import markdown as md
import nh3
from django.core.exceptions import ValidationError
from django.db.models import CharField

from bodega.databases.prepared import Parameter, Prepared
from bodega.orders.models import MailTemplate

# In every mail. Values for a preview, and what the back office says of them.
COMMON = {
    "name": "Ada Lovelace",
    "number": "B-1001",
    "shop": "My shop",
    "total": "€54.90",
    "link": "https://shop.example/orders/…",
}
PLACEHOLDER = re.compile(r" ?\{(\w+)\}")
# Letters that Markdown and nh3 leave alone, in text and in the address of a link.
MARK = "bodegaPlaceholder{}Q"
MARKED = re.compile(r" ?bodegaPlaceholder(\w+?)Q")
OWN = Prepared(lambda: MailTemplate.objects.filter(kind=Parameter("kind", CharField())))
KEPT_BODIES = 64  # of mails, as HTML; some hundred bytes each


@dataclass(frozen=True)
class Kind:
    """A kind of mail.

    `knows` are placeholders beside the common ones, with an example each. `blocks` name the facts below
    the words, `button` leads to the order. `is_for_merchant`: the shop writes to itself, at the
    merchant's address for orders.
    """

    name: str
    title: str
    subject: str
    body: str
    knows: Mapping[str, str]
    blocks: tuple[str, ...] = ()
    button: str = "See how your order stands"
    is_for_merchant: bool = False

    @property
    def example(self) -> dict[str, str]:
        """A value for every placeholder this kind knows."""
        return {**COMMON, **self.knows}


@dataclass(frozen=True)
class Words:
    """What a mail of a kind says."""

    subject: str
    body: str


def words_of(kind: Kind) -> Words:
    """The merchant's own words, or the shop's."""
    own = OWN.first(kind=kind.name)
    return Words(own.subject, own.body) if own else Words(kind.subject, kind.body)


def check(kind: Kind, text: str) -> None:
    """Refuse placeholders that nobody would fill in. Raises ValidationError."""
    known = kind.example
    unknown = sorted({name for name in PLACEHOLDER.findall(text) if name not in known})
    if unknown:
        wrong = ", ".join(f"{{{name}}}" for name in unknown)
        offered = ", ".join(f"{{{name}}}" for name in known)
        raise ValidationError(f"This mail does not know {wrong}. It knows {offered}.")


def subject(template: str, values: Mapping[str, str]) -> str:
    """The subject, on one line whatever the values are."""
    return " ".join(_filled(PLACEHOLDER, template, values).split())


def as_text(body: str, values: Mapping[str, str]) -> str:
    """The words as plain text: Markdown reads well, only headings and links are undone."""
    plain = re.sub(r"^#+ *", "", body, flags=re.MULTILINE)
    plain = re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r"\1: \2", plain)
    return _filled(PLACEHOLDER, plain.replace("**", ""), values).strip()


def as_html(body: str, values: Mapping[str, str]) -> str:
    """The words as clean HTML; values are only ever text in it, whatever somebody is called."""
    escaped = {name: escape(value) for name, value in values.items()}
    # Last: a value may have become an address.
    return nh3.clean(_filled(MARKED, _marked(body), escaped))


@lru_cache(maxsize=KEPT_BODIES)
def _marked(body: str) -> str:
    """A body as HTML, still with marks: all mails of a kind have it in common."""
    html: str = md.markdown(PLACEHOLDER.sub(_mark, body), extensions=["sane_lists"])
    return html


def _mark(found: "re.Match[str]") -> str:
    return f"{' ' if found.group()[0] == ' ' else ''}{MARK.format(found[1])}"


def _filled(pattern: "re.Pattern[str]", text: str, values: Mapping[str, str]) -> str:
    return pattern.sub(partial(_value, values), text)


def _value(values: Mapping[str, str], found: "re.Match[str]") -> str:
    """A placeholder's value; an empty one takes the space before it along ("Hello ,")."""
    value = values.get(found[1])
    if value is None:
        return found.group()
    return f"{' ' if found.group()[0] == ' ' and value else ''}{value}"
