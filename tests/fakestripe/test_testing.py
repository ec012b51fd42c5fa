import pytest

from fakestripe import testing
from fakestripe.testing import Handle, serve


def test_a_server_that_does_not_start_is_an_error_at_once() -> None:
    with pytest.raises(RuntimeError, match="did not start"), serve("--host", "192.0.2.1"):
        raise AssertionError("it runs")


def test_a_wait_that_is_in_vain_ends(fake: Handle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing, "PATIENCE", 0.02)
    with pytest.raises(TimeoutError, match="did not come about"):
        fake.wait(lambda _state: False)


def test_a_wait_gives_the_state_that_was_waited_for(fake: Handle) -> None:
    assert fake.wait(lambda state: state["faults"] == [])["objects"] == {"webhook_endpoint": 1}
