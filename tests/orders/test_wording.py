"""Words with placeholders: filled in, never believed."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from bodega.orders import carriers, limiting, wording
from bodega.orders.letters import KINDS
from bodega.orders.models import MailTemplate
from bodega.orders.wording import Kind, Words

KIND = Kind("test", "Test", "Hello {name}", "Hi {name}", {"carrier": "DHL"})
VALUES = {"name": "Ada", "link": "https://shop.example/orders/1"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_the_shop_s_own_words_know_all_they_name(kind: Kind) -> None:
    wording.check(kind, kind.subject + kind.body)
    filled = wording.as_text(kind.body, kind.example) + wording.as_html(kind.body, kind.example)
    assert "{" not in filled
    assert len(kind.subject) <= 100
    assert kind.name == next(name for name, each in KINDS.items() if each is kind)


def test_what_nobody_would_fill_in_is_refused_with_what_there_is() -> None:
    with pytest.raises(
        ValidationError, match=r"does not know \{nmae\}, \{x\}.*\{name\}.*\{carrier\}"
    ):
        wording.check(KIND, "Hello {nmae} and {x}, {name}")
    wording.check(KIND, "{carrier} and { this } and {}")


def test_markdown_becomes_html_and_reads_as_text() -> None:
    body = "# Thanks\n\nHello {name}, **see** [your order]({link})."
    html = wording.as_html(body, VALUES)
    assert "<h1>Thanks</h1>" in html
    assert 'href="https://shop.example/orders/1"' in html
    assert wording.as_text(body, VALUES) == (
        "Thanks\n\nHello Ada, see your order: https://shop.example/orders/1."
    )


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "*a* [b](javascript:x) # `c`", "bodegaPlaceholderlinkQ"]
)
def test_a_name_is_only_ever_text(name: str) -> None:
    html = wording.as_html("Hello {name}.", {"name": name})
    for tag in ("<script", "<em", "<a ", "<code", "<h1", "shop.example"):
        assert tag not in html
    assert wording.as_text("Hello {name}.", {"name": name}) == f"Hello {name}."


def test_a_name_cannot_become_a_script_s_address() -> None:
    html = wording.as_html("[me]({name})", {"name": "javascript:alert(1)"})
    assert "javascript" not in html


def test_an_empty_value_takes_the_space_before_it_along() -> None:
    assert wording.as_text("Hello {name}, hi", {"name": ""}) == "Hello, hi"
    assert "Hello, hi" in wording.as_html("Hello {name}, hi", {"name": ""})


def test_a_subject_is_one_line_whatever_somebody_is_called() -> None:
    assert wording.subject("Hi {name}", {"name": "a\r\nBcc: x@y.z"}) == "Hi a Bcc: x@y.z"


@pytest.mark.django_db
def test_the_merchant_s_words_win_and_go_away_again() -> None:
    assert wording.words_of(KIND) == Words(KIND.subject, KIND.body)
    own = MailTemplate.objects.create(kind="test", subject="Moin {name}", body="Tach")
    assert wording.words_of(KIND) == Words("Moin {name}", "Tach")
    own.delete()
    assert wording.words_of(KIND).body == KIND.body


def test_every_mail_is_explained_to_the_merchant() -> None:
    page = (Path(__file__).parents[2] / "docs" / "orders.md").read_text()
    for kind in KINDS.values():
        whom = "you" if kind.is_for_merchant else "customer"
        row = next(line for line in page.splitlines() if line.startswith(f"| {kind.title} |"))
        assert row.endswith(f"| {whom} |")


def test_every_carrier_and_limit_is_explained_too() -> None:
    page = (Path(__file__).parents[2] / "docs" / "orders.md").read_text()
    for said in (*carriers.PAGES, str(limiting.PER_EMAIL), str(limiting.PER_ADDRESS)):
        assert said in page
