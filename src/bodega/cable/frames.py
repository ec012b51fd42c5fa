"""The bytes of an event stream: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from bodega.cable.messages import Message


def of_message(message: Message) -> bytes:
    """One update. JSON text has no line break of its own, so `data` is one line."""
    return f"id: {message.id}\nevent: {message.event}\ndata: {message.data}\n\n".encode()


def resync(position: int) -> bytes:
    """Something was missed: read the page again. What follows is complete from `position` on."""
    return f"id: {position}\nevent: resync\ndata: {{}}\n\n".encode()


def at(position: int) -> bytes:
    """No update, only a sign of life, and the place to come back to."""
    return f": here\nid: {position}\n\n".encode()


def retry(milliseconds: int) -> bytes:
    """How long the browser shall wait before it connects again."""
    return f"retry: {milliseconds}\n\n".encode()
