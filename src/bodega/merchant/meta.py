"""What search engines and shared links show of a page."""

import re
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.utils.text import Truncator

KEPT_SUMMARIES = 512  # of texts that have not changed
LONGEST = 160  # characters; search engines cut descriptions about there


@dataclass(frozen=True, slots=True)
class Meta:
    """`path` and `image` begin with a slash; `title` is without the shop's name."""

    title: str
    path: str
    description: str = ""
    image: str = ""
    kind: str = "website"  # of Open Graph: website, product, article
    is_indexed: bool = True

    @property
    def canonical(self) -> str:
        """The one address under which this page should be known."""
        return absolute(self.path)

    @property
    def image_address(self) -> str:
        return absolute(self.image) if self.image else ""


def absolute(path: str) -> str:
    """A path of this shop with scheme and host, as others must write it."""
    return f"{settings.PUBLIC_URL}{path}"


@lru_cache(maxsize=KEPT_SUMMARIES)
def summary(markdown: str, longest: int = LONGEST) -> str:
    """The beginning of a Markdown text as one plain line."""
    plain = re.sub(r"(?is)<(script|style)\b.*?</\1\s*>", " ", markdown)
    plain = re.sub(r"<[^>]*>|!?\[([^\]]*)\]\([^)]*\)", r"\1", plain)
    plain = re.sub(r"(?m)^\s*(?:#+|>|[-*+]|\d+\.)\s+|[*_`]{1,3}|\|", "", plain)
    return str(Truncator(" ".join(plain.split())).chars(longest))
