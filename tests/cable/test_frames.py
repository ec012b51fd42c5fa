"""The bytes of an event stream."""

from bodega.cable import frames
from bodega.cable.messages import Message


def test_an_update_has_id_event_and_data() -> None:
    frame = frames.of_message(Message(7, "a", "paid", '{"number":"№ 7"}'))
    assert frame == 'id: 7\nevent: paid\ndata: {"number":"№ 7"}\n\n'.encode()


def test_the_others_are_blocks_of_their_own() -> None:
    assert frames.resync(7) == b"id: 7\nevent: resync\ndata: {}\n\n"
    assert frames.at(7) == b": here\nid: 7\n\n"
    assert frames.retry(250) == b"retry: 250\n\n"
