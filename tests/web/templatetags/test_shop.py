"""What templates can say."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe

from bodega.catalog.navigation import Branch, Node
from bodega.catalog.offers import Card, Picture
from bodega.merchant.models import Merchant
from bodega.web.templatetags import shop

SIZES = {"400": "img/a-400.webp", "800": "img/a-800.webp", "1600": "img/a-1600.webp"}


def render(template: str, **words: Any) -> str:
    return Template(template).render(Context(words))


def picture(width: int, height: int) -> Picture:
    return Picture(renditions=SIZES, alt="A hill", width=width, height=height)


@pytest.mark.parametrize(("language", "written"), [("en", "€12.50"), ("de", "12,50\xa0€")])
def test_prices_are_written_as_the_shop_s_language_does(language: str, written: str) -> None:
    assert render("{% price 1250 %}", shop=Merchant(language=language)) == written


CARD = Card(1, "Dunes", "", "dunes", 1250, 1250, None, True, None)


def test_cards_show_what_they_are_given_however_often_they_are_made() -> None:
    changed = replace(CARD, price=990, highest=1990)
    german = Merchant(language="de")
    for _ in range(2):
        assert "€12.50" in render("{% cards products %}", products=[CARD], shop=Merchant())
        assert "12,50" in render("{% cards products %}", products=[CARD], shop=german)
        assert "from €9.90" in render("{% cards products %}", products=[changed], shop=Merchant())
        assert "<h3" in render("{% cards products heading=3 %}", products=[CARD], shop=Merchant())


def test_a_card_whose_picture_changes_is_made_anew() -> None:
    for sizes in (SIZES, {"800": "img/b-800.webp"}):
        image = Picture(renditions=sizes, alt="", width=800, height=1000)
        html = render(
            "{% cards products %}", products=[replace(CARD, image=image)], shop=Merchant()
        )
        assert sizes["800"] in html


def test_only_the_first_pictures_do_not_wait() -> None:
    seen = [replace(CARD, pk=pk, image=picture(800, 1000)) for pk in range(3)]
    html = render("{% cards products eager=2 %}", products=seen, shop=Merchant())
    assert re.findall(r"fetchpriority|lazy", html) == ["fetchpriority", "fetchpriority", "lazy"]


def test_equal_cards_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(shop, "render_to_string", lambda name, _: made.append(name) or "")
    products = [replace(CARD, title="Twice"), replace(CARD, title="Twice")]
    render("{% cards products %}", products=products, shop=Merchant())
    assert made == ["parts/card.html"]
    shop.card.cache_clear()


FOOTER = '{% part "parts/footer.html" name=name navigation=tree %}'


def branches(name: str) -> tuple[Branch, ...]:
    return (Branch(Node(1, None, name, "walls", "", "", "")),)


def test_a_part_sees_its_words_and_nothing_else() -> None:
    for name in ("Prints", "<Prints>", mark_safe("<Prints>")):
        html = render(FOOTER, name=name, email="a@example.com", tree=branches("Walls"))
        assert f"<h2>{conditional_escape(name)}</h2>" in html
        assert "a@example.com" not in html
    assert "Floors" in render(FOOTER, name="Prints", tree=branches("Floors"))


def test_equal_parts_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(shop, "render_to_string", lambda name, _: made.append(name) or "")
    for _ in range(2):
        render(FOOTER, name="Twice", tree=branches("Walls"))
        render(FOOTER, name="Twice", tree=branches("Floors"))
    assert made == ["parts/footer.html"] * 2
    shop._part.cache_clear()


@pytest.mark.parametrize("thing", [Merchant(), [], (Merchant(),), {}], ids=repr)
def test_a_part_takes_nothing_that_may_change(thing: object) -> None:
    with pytest.raises(TypeError, match=r"footer.html is kept.*: name"):
        render(FOOTER, name=thing, tree=())


def test_a_country_has_a_name_and_an_unknown_one_stays() -> None:
    assert render('{{ "DE"|country }} {{ "DE"|country:"fr" }} {{ "QQ"|country }}') == (
        "Germany Allemagne QQ"
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        "[click](javascript:alert(1))",
        '<iframe src="https://elsewhere.example"></iframe>',
    ],
)
def test_markdown_runs_nothing(text: str) -> None:
    html = render("{{ text|markdown }}", text=f"**Good** {text}")
    assert "<strong>Good</strong>" in html
    assert [bad for bad in ("<script", "onerror", "javascript:", "<iframe") if bad in html] == []


def test_markdown_keeps_tables() -> None:
    html = render("{{ text|markdown }}", text="| a | b |\n|---|---|\n| 1 | 2 |")
    assert "<td>1</td>" in html


@pytest.mark.parametrize(
    ("size", "expected"),
    [((800, 1000), "fills"), ((707, 1000), ""), ((1000, 1000), ""), ((1500, 1000), "wide")],
)
def test_a_picture_fills_a_tile_of_its_proportions_or_hangs_in_it(
    size: tuple[int, int], expected: str
) -> None:
    assert render("{{ image|tile_class }}", image=picture(*size)) == expected
    assert render("{{ image|tile_class }}", image=None) == ""


def test_a_picture_names_its_sizes_and_keeps_its_place() -> None:
    html = render_to_string("parts/picture.html", {"image": picture(1600, 1200), "alt": "Print"})
    assert 'alt="A hill"' in html
    assert 'width="1600" height="1200"' in html
    assert "/media/img/a-400.webp 400w" in html
    assert 'loading="lazy"' in html
    eager = render_to_string("parts/picture.html", {"image": picture(1600, 1200), "eager": True})
    assert "lazy" not in eager


def test_a_picture_without_sizes_is_an_empty_frame() -> None:
    assert "<img" not in render_to_string("parts/picture.html", {"image": None})


def test_page_numbers_leave_gaps() -> None:
    pages = Paginator(range(200), 10)
    html = render(
        "{% for n in pages|page_numbers:10 %}{{ n|default:'…' }} {% endfor %}", pages=pages
    )
    assert html == "1 … 9 10 11 … 20 "


class Letter(forms.Form):
    """A form with one field of each kind that `parts/field.html` draws differently."""

    email = forms.EmailField(help_text="For the receipt.")
    terms = forms.BooleanField(label="I agree")
    note = forms.CharField(required=False, widget=forms.Textarea)


def field(name: str, data: dict[str, str] | None = None) -> str:
    return render("{% field field %}", field=Letter(data)[name])


def test_a_field_names_its_help_and_its_error() -> None:
    html = field("email", {"email": "nonsense"})
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert 'id="id_email_helptext"' in html
    assert 'id="id_email_error"' in html
    assert 'aria-invalid="true"' in html
    untouched = field("email")
    assert 'aria-describedby="id_email_helptext"' in untouched
    assert "aria-invalid" not in untouched


def test_what_may_be_left_empty_says_so() -> None:
    assert "(optional)" in field("note")
    assert "(optional)" not in field("email")


def test_a_checkbox_stands_before_its_label() -> None:
    html = field("terms")
    assert html.index("<input") < html.index("<label")
    assert field("email").index("<label") < field("email").index("<input")


def test_what_looks_like_markup_is_text_unless_the_shop_wrote_it() -> None:
    link = '<a href="/terms/">terms</a>'

    def labelled(label: str) -> str:
        form = Letter()
        form.fields["terms"].label = label
        return render("{% field field %}", field=form["terms"])

    assert link in labelled(mark_safe(link))
    assert link not in labelled(link)
    assert "&lt;a href" in labelled(link)
    assert link in labelled(mark_safe(link))
