import pytest

from fakestripe import agenda
from fakestripe.bank import Bank


def test_what_is_due_happens_in_its_order_and_once(bank: Bank) -> None:
    happened: list[str] = []
    now = bank.clock.now()
    for seconds, thing in [(20, "b"), (10, "a"), (90, "later")]:
        agenda.arrange(bank, now + seconds, "note", thing)
    actions: dict[str, agenda.Action] = {"note": lambda _bank, thing: happened.append(thing)}
    assert agenda.run_due(bank, actions) == 0
    bank.clock.advance(30)
    assert agenda.run_due(bank, actions) == 2
    assert agenda.run_due(bank, actions) == 0
    assert happened == ["a", "b"]
    assert agenda.next_due(bank) == now + 90


def test_what_is_called_off_does_not_happen(bank: Bank) -> None:
    agenda.arrange(bank, bank.clock.now(), "note", "x")
    agenda.call_off(bank, "x")
    assert agenda.next_due(bank) is None


def test_an_action_that_breaks_stays_on_the_agenda(bank: Bank) -> None:
    def broken(_bank: Bank, _thing: str) -> None:
        raise ZeroDivisionError

    agenda.arrange(bank, bank.clock.now(), "note", "x")
    with pytest.raises(ZeroDivisionError):
        agenda.run_due(bank, {"note": broken})
    assert agenda.next_due(bank) is not None


def test_the_courier_is_woken_for_a_new_appointment(bank: Bank) -> None:
    rung: list[float] = []
    bank.wake = rung.append
    agenda.arrange(bank, 17.5, "note", "x")
    assert rung == [17.5]
