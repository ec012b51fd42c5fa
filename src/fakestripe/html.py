"""The words and marks of the hosted pages. Everything from outside goes through `escape`."""

from html import escape
from importlib.resources import files
from string import Template

from fakestripe import Json
from fakestripe.bank import Bank
from fakestripe.cards import ACCOUNTS, CARDS
from fakestripe.money import display

Fields = dict[str, str]

PAGE = Template(files("fakestripe").joinpath("page.html").read_text("utf-8"))
STYLE = files("fakestripe").joinpath("page.css").read_text("utf-8")
METHODS = {"card": "Card", "sepa_debit": "SEPA Direct Debit"}


def page(merchant: str, title: str, body: str) -> str:
    return PAGE.substitute(merchant=escape(merchant), title=escape(title), style=STYLE, body=body)


def payment_page(
    bank: Bank, session: Json, lines: list[Json], typed: Fields, faults: Fields
) -> str:
    merchant = bank.settings.merchant
    total = display(session["amount_total"], session["currency"])
    parts = [
        summary(bank, session, lines, total),
        '<section class="pay" aria-labelledby="how"><h2 id="how">Pay with</h2>',
        alert(faults),
        method_choice(session, typed["kind"]),
        f'<form method="post" action="/c/pay/{session["id"]}" novalidate>',
        f'<input type="hidden" name="kind" value="{typed["kind"]}">',
        email_field(typed, faults),
        debit_fields(typed, faults)
        if typed["kind"] == "sepa_debit"
        else card_fields(typed, faults),
        f'<button type="submit">Pay {escape(total)}</button></form>',
        cancel_link(session, merchant),
        test_numbers(typed["kind"]),
        "</section>",
    ]
    title = f"Pay {total} to {merchant}"
    return page(merchant, f"Error: {title}" if faults else title, "".join(parts))


def summary(bank: Bank, session: Json, lines: list[Json], total: str) -> str:
    currency = session["currency"]
    rows = [line_row(line) for line in lines]
    for option in session["shipping_options"][:1]:
        rate = bank.find("shipping_rate", option["shipping_rate"])
        rows.append(row(rate["display_name"], "", option["shipping_amount"], currency))
    rows += changes(session)
    return (
        f'<section class="summary" aria-labelledby="what"><h1 id="what">'
        f"{escape(bank.settings.merchant)}</h1>"
        f'<p class="total"><span>Total</span> <strong>{escape(total)}</strong></p>'
        f"<ul>{''.join(rows)}</ul></section>"
    )


def changes(session: Json) -> list[str]:
    """What is taken off and added to the prices above: the discount, and tax not included."""
    details, currency = session["total_details"], session["currency"]
    off, shipping = details["amount_discount"], details["amount_shipping"]
    tax = session["amount_total"] - session["amount_subtotal"] - shipping + off
    rows = [row("Discount", "", -off, currency)] if off else []
    return rows + ([row("Tax", "", tax, currency)] if tax else [])


def line_row(line: Json) -> str:
    each = display(line["price"]["unit_amount"], line["currency"])
    note = f"{line['quantity']} × {each}" if line["quantity"] > 1 else ""
    return row(line["description"], note, line["amount_subtotal"], line["currency"])


def row(name: str, note: str, amount: int, currency: str) -> str:
    small = f"<small>{escape(note)}</small>" if note else ""
    return (
        f"<li><span>{escape(name)}{small}</span>"
        f"<span>{escape(display(amount, currency))}</span></li>"
    )


def alert(faults: Fields) -> str:
    if not faults:
        return ""
    items = "".join(
        f'<li><a href="#{name}">{escape(fault)}</a></li>' for name, fault in faults.items()
    )
    return f'<div class="alert" role="alert"><p>The payment was not made.</p><ul>{items}</ul></div>'


def method_choice(session: Json, chosen: str) -> str:
    kinds = session["payment_method_types"]
    if len(kinds) < 2:
        return ""
    links = [
        f'<a href="/c/pay/{session["id"]}?with={kind}"'
        f"{' aria-current=true' if kind == chosen else ''}>{METHODS[kind]}</a>"
        for kind in kinds
    ]
    return f'<nav aria-label="Payment method">{"".join(links)}</nav>'


def email_field(typed: Fields, faults: Fields) -> str:
    given = typed.get("known_email")
    if given:
        return f'<p class="given"><span>E-mail</span> <strong>{escape(given)}</strong></p>'
    return field("email", "E-mail", typed, faults, kind="email", complete="email")


def card_fields(typed: Fields, faults: Fields) -> str:
    return (
        field("card", "Card number", typed, faults, numeric=True, complete="cc-number",
              hint="1234 1234 1234 1234")
        + '<div class="pair">'
        + field("expiry", "Expiry date", typed, faults, numeric=True, complete="cc-exp",
                hint="12 / 34")
        + field("cvc", "Security code", typed, faults, numeric=True, complete="cc-csc",
                hint="123")
        + "</div>"
        + field("name", "Name on card (optional)", typed, faults, complete="cc-name")
    )  # fmt: skip


def debit_fields(typed: Fields, faults: Fields) -> str:
    return (
        field("account", "Account number (IBAN)", typed, faults, hint="DE89 3704 0044 0532 0130 00")
        + field("name", "Account holder (optional)", typed, faults, complete="name")
        + "<p class=note>The money arrives some time later, or not at all: the shop is told.</p>"
    )


def field(
    name: str,
    label: str,
    typed: Fields,
    faults: Fields,
    *,
    kind: str = "text",
    numeric: bool = False,
    complete: str = "off",
    hint: str = "",
) -> str:
    """A labelled input with its error beside it. What was typed stays, save the security code."""
    fault = faults.get(name)
    value = "" if name == "cvc" else typed.get(name, "")
    wrong = f' aria-invalid="true" aria-describedby="{name}-error"' if fault else ""
    message = f'<p class="error" id="{name}-error">{escape(fault)}</p>' if fault else ""
    mode = ' inputmode="numeric"' if numeric else ""
    return (
        f'<div class="field"><label for="{name}">{label}</label>'
        f'<input id="{name}" name="{name}" type="{kind}" value="{escape(value)}"'
        f' autocomplete="{complete}" placeholder="{hint}"{mode}{wrong}>{message}</div>'
    )


def cancel_link(session: Json, merchant: str) -> str:
    if not session["cancel_url"]:
        return ""
    href = escape(session["cancel_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))
    return f'<p class="back"><a href="{href}">Cancel and return to {escape(merchant)}</a></p>'


def test_numbers(kind: str) -> str:
    if kind == "sepa_debit":
        known = {
            account: "Money arrives later" if clears else "Bounces later"
            for account, clears in ACCOUNTS.items()
        }
    else:
        known = {number: card.note for number, card in CARDS.items()}
    rows = "".join(
        f"<tr><td><code>{grouped(number)}</code></td><td>{note}</td></tr>"
        for number, note in known.items()
    )
    return (
        "<details open><summary>Test numbers (any future date, any CVC)</summary>"
        "<table><thead><tr><th scope=col>Number</th><th scope=col>What happens</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></details>"
    )


def grouped(number: str) -> str:
    """In groups of four, as printed on cards."""
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))


def message_page(merchant: str, title: str, text: str, link: str = "") -> str:
    body = f'<section class="message"><h1>{escape(title)}</h1><p>{escape(text)}</p>{link}</section>'
    return page(merchant, title, body)


def paid_page(bank: Bank, onward: str) -> str:
    merchant = bank.settings.merchant
    link = f'<p><a class="button" href="{escape(onward)}">Continue to {escape(merchant)}</a></p>'
    return message_page(merchant, "This payment is complete", "You need not pay again.", link)


def expired_page(bank: Bank, session: Json) -> str:
    merchant = bank.settings.merchant
    text = "Nothing was charged. Go back to the shop and check out again."
    return message_page(merchant, "This page has expired", text, cancel_link(session, merchant))


def unknown_page() -> str:
    text = "The address is wrong, or fakestripe was started anew and has forgotten it."
    return message_page("fakestripe", "There is no such payment page", text)


def problem_page(bank: Bank, problem: str) -> str:
    return message_page(bank.settings.merchant, "The payment did not go through", problem)


def challenge_page(bank: Bank, session: Json) -> str:
    total = escape(display(session["amount_total"], session["currency"]))
    merchant = escape(bank.settings.merchant)
    body = (
        '<section class="message"><h1>3-D Secure: is it you?</h1>'
        f"<p>Your bank asks you to confirm {total} to {merchant}. This is a test: choose what it "
        "shall find out.</p>"
        f'<form method="post" action="/c/pay/{session["id"]}/3d-secure">'
        '<button type="submit" name="answer" value="complete">Complete</button> '
        '<button type="submit" name="answer" value="fail" class="quiet">Fail</button>'
        "</form></section>"
    )
    return page(bank.settings.merchant, "3-D Secure", body)
