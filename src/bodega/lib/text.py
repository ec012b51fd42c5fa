"""Text as people search for it: case and accents do not count."""

import re
import unicodedata


def fold(text: str) -> str:
    """`text` without case and accents, for comparing: "Café Größe" → "cafe grosse"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def slugify(text: str) -> str:
    """An address part of lower-case ASCII letters, digits and hyphens: "Café & Tee" → "cafe-tee".

    Text with nothing to keep (emoji, say) gives the empty string; the caller decides what then.
    """
    ascii_only = fold(text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")
