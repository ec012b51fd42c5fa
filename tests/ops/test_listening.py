import contextlib
import errno
import os
import socket

import pytest

from bodega.ops import listening
from bodega.ops.listening import CannotListen, listen


def test_a_listener_can_be_inherited_and_reached() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert os.get_inheritable(listener.fileno())
        with socket.create_connection(listener.getsockname()) as client:
            assert client.getpeername() == listener.getsockname()


def test_a_port_in_use_is_one_sentence_with_another_port() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CannotListen) as refusal:
            listen("127.0.0.1", port)
    sentence = f"port {port} is in use by another program. Choose another one: --port {port + 1}"
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EACCES, "Permission denied"), "port 80 needs root"),
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign"), "cannot listen on 127.0.0.1, port 80: Can"),
        (OverflowError(), "80 is not a port number"),
    ],
)
def test_other_reasons_have_their_sentences(error: OSError | OverflowError, words: str) -> None:
    assert listening._sentence("127.0.0.1", 80, error).startswith(words)


def test_a_number_that_is_no_port_is_refused() -> None:
    with pytest.raises(CannotListen, match="70000 is not a port number"):
        listen("127.0.0.1", 70_000)


@pytest.mark.parametrize(("host", "family"), [("::1", "AF_INET6"), ("127.0.0.1", "AF_INET")])
def test_the_family_follows_the_address(
    host: str, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[socket.AddressFamily] = []

    class Refusing(socket.socket):
        def __init__(self, family: socket.AddressFamily, kind: socket.SocketKind) -> None:
            asked.append(family)
            super().__init__(socket.AF_INET, kind)

    monkeypatch.setattr("bodega.ops.listening.socket.socket", Refusing)
    with contextlib.suppress(CannotListen):
        listen(host, 0).close()
    assert [each.name for each in asked] == [family]
