"""One connection of a client that never tries again: kept alive, or a fresh one for each request."""

import http.client
import select
from collections.abc import Mapping
from dataclasses import dataclass

PATIENCE = 30.0  # seconds
NAMES = ("Location", "Idempotent-Replayed")


class Cut(Exception):
    """No answer, or not all of it. `kind`: how it looked to the client."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @property
    def cookies(self) -> dict[str, str]:
        """What is to be remembered, by name."""
        found = (one.split(";", 1)[0] for one in self.headers.get("Set-Cookie", "").split("\n"))
        return dict(each.split("=", 1) for each in found if "=" in each)


class Line:
    """A client's connection to one address. http.client repeats nothing by itself."""

    def __init__(self, address: tuple[str, int], *, is_kept: bool) -> None:
        self.is_kept = is_kept
        self._connection = http.client.HTTPConnection(*address, timeout=PATIENCE)

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: str | None = None
    ) -> Answer:
        """One request, one answer. Raises Cut."""
        if self._was_closed():
            self._connection.close()
        try:
            self._connection.request(method, path, body, dict(headers))
            answer = self._connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Cut(kind_of(error)) from error
        if not self.is_kept:
            self._connection.close()
        told = {name: answer.getheader(name, "") for name in NAMES}
        told["Set-Cookie"] = "\n".join(answer.headers.get_all("Set-Cookie", []))
        return Answer(answer.status, told, text)

    def close(self) -> None:
        self._connection.close()

    def _was_closed(self) -> bool:
        """Whether the other end has hung up since the last answer: every client looks before it asks."""
        socket = self._connection.sock
        return socket is not None and bool(select.select([socket], [], [], 0)[0])


def kind_of(error: Exception) -> str:
    """A failure in the words of the report."""
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, http.client.RemoteDisconnected):
        return "closed unanswered"
    if isinstance(error, ConnectionError):
        return "reset"
    if isinstance(error, TimeoutError):
        return f"no answer in {PATIENCE:.0f} s"
    return "cut in the answer"
