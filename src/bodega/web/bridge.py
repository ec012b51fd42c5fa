"""From ASGI to Django's synchronous handlers in a single hop (design 6.2).

The event loop collects the request, one thread of a bounded pool does everything else: view, template,
database. A thread keeps its database connections for life. Django's own ASGI handler crosses between
threads several times a request and was measured at a quarter of the speed.

Who holds a thread: a page while it is made; a generator while it streams (its queries belong to the
thread), at most `STALLED_SECONDS` for a client that does not read. Files are read block by block, so a
slow download holds none.

An exception of the application goes up to the server, which logs it and answers 500, or cuts the
connection when the answer has begun.
"""

import asyncio
import io
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable, Container, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, cast
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication

from bodega.databases.durability import CannotAcknowledge, durable
from bodega.databases.naming import acting_as

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

Error = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]

IN_MEMORY_BYTES = 1_000_000  # of a request's body; more goes to a temporary file
BLOCK_BYTES = 65_536
STALLED_SECONDS = 30.0
MOST_WAITING = 200  # requests that wait for a thread; the next one is told to come back

PLAIN = (b"content-type", b"text/plain; charset=utf-8")


class BodyTooLarge(Exception):
    """The request's body is over the limit."""


class ClientGone(Exception):
    """Nobody is there any more to read the answer."""


class FileBody:
    """`wsgi.file_wrapper`: a file as a body, recognised by the bridge."""

    def __init__(self, file: IO[bytes], _block: int = BLOCK_BYTES) -> None:
        self.file = file

    def __iter__(self) -> Iterable[bytes]:
        while block := self.file.read(BLOCK_BYTES):
            yield block

    def close(self) -> None:
        self.file.close()


@dataclass
class Answer:
    """What a thread hands back to the event loop."""

    status: int
    headers: Headers
    body: bytes = b""
    file: FileBody | None = None
    was_streamed: bool = False


UNCERTAIN = Answer(
    503,
    [PLAIN, (b"retry-after", b"5"), (b"cache-control", b"no-store")],
    b"The shop cannot be sure that this was kept, so please take it as not done. "
    b"It is being restarted: try again in a moment.\n",
)


@dataclass
class Exchange:
    """One request on its way through a thread."""

    loop: asyncio.AbstractEventLoop
    receive: Receive
    send: Send
    environ: dict[str, Any]
    status: int = 500
    headers: Headers = field(default_factory=list)
    is_begun: bool = False
    is_client_gone: bool = False

    def start_response(
        self,
        status: str,
        headers: list[tuple[str, str]],
        _error: Error | None = None,
        /,
    ) -> Callable[[bytes], object]:
        """WSGI's (PEP 3333): the status line and the headers. Its `write` is not offered."""
        self.status = int(status[:3])
        self.headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]
        return self._no_write

    @staticmethod
    def _no_write(_data: bytes) -> object:
        raise RuntimeError("write() of PEP 3333 is for old frameworks; return the body instead")

    @property
    def has_no_body(self) -> bool:
        """Whether the answer must not carry a body, whatever the application returns."""
        return self.environ["REQUEST_METHOD"] == "HEAD" or self.status in {204, 304}

    def run(self, application: WSGIApplication) -> Answer:
        """Call the application; on its thread.

        An answer is an acknowledgement, also one that only tells what it read: nothing of it is sent
        before what it relies on is durable (design 3.2, rule 8).
        """
        try:
            with acting_as(f"{self.environ['REQUEST_METHOD']} request"):
                return self._run(application)
        except CannotAcknowledge as error:
            log.error("An answer was withheld: %s", error)
            if self.is_begun:
                raise  # the connection is cut, which is no acknowledgement either
            return UNCERTAIN

    def _run(self, application: WSGIApplication) -> Answer:
        result = application(self.environ, self.start_response)
        durable()
        if isinstance(result, FileBody) and not self.has_no_body:
            return Answer(self.status, self.headers, file=result)
        try:
            if self.has_no_body:
                return Answer(self.status, self.headers)
            if getattr(result, "streaming", not isinstance(result, list)):
                self._stream(result)
                return Answer(self.status, self.headers, was_streamed=True)
            return Answer(self.status, self.headers, b"".join(result))
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def _stream(self, body: Iterable[bytes]) -> None:
        self.is_begun = True
        self.loop.call_soon_threadsafe(self._watch_client)
        self._say({"type": "http.response.start", "status": self.status, "headers": self.headers})
        for block in body:
            if self.is_client_gone:
                raise ClientGone
            durable()  # the block may tell what was read after the last one
            self._say({"type": "http.response.body", "body": block, "more_body": True})
        self._say({"type": "http.response.body"})

    def _say(self, message: Message) -> None:
        said = asyncio.run_coroutine_threadsafe(cast(Any, self.send(message)), self.loop)
        try:
            said.result(STALLED_SECONDS)
        except TimeoutError:
            said.cancel()
            raise ClientGone from None

    def _watch_client(self) -> None:
        async def watch() -> None:
            while (await self.receive())["type"] != "http.disconnect":
                pass
            self.is_client_gone = True

        self._watcher = self.loop.create_task(watch())

    def close(self) -> None:
        """Stop watching the client; on the event loop."""
        watcher = getattr(self, "_watcher", None)
        if watcher is not None:
            watcher.cancel()


class Bridge:
    """An ASGI application in front of a WSGI one."""

    def __init__(
        self,
        application: WSGIApplication,
        *,
        threads: int,
        body_limit: int,
        proxies: Container[str] = (),
    ) -> None:
        """`threads`: how many requests run at once. `body_limit`: bytes of a request's body.
        `proxies`: addresses whose X-Forwarded-For is believed.
        """
        self._application = application
        self._pool = ThreadPoolExecutor(threads, "django")
        self._body_limit = body_limit
        self._proxies = proxies
        self._present = 0
        self._most_present = threads + MOST_WAITING

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._present >= self._most_present:
            sentence = "The shop is very busy. Please try again in a moment.\n"
            return await refuse(send, 503, sentence, [(b"retry-after", b"2")])
        self._present += 1
        try:
            await self._pass_on(scope, receive, send)
        finally:
            self._present -= 1

    def close(self) -> None:
        """Wait for the threads to finish what they do, and end them."""
        self._pool.shutdown(wait=True)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body, length = await read_body(scope, receive, self._body_limit)
        except ClientGone:
            return
        except BodyTooLarge:
            await self._refuse_body(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        environ = environ_of(scope, body, length)
        environ["REMOTE_ADDR"] = visitor(scope, self._proxies)
        exchange = Exchange(loop, receive, send, environ)
        # With the context, in which log lines find the request's name.
        job = self._pool.submit(copy_context().run, exchange.run, self._application)
        # Also when this task is cancelled: the thread goes on, and the body stays open for it.
        job.add_done_callback(lambda _: body.close())
        try:
            answer = await asyncio.wrap_future(job)
        except ClientGone:
            return
        finally:
            exchange.close()
        if not answer.was_streamed:
            await self._answer(answer, send)

    async def _answer(self, answer: Answer, send: Send) -> None:
        start = {"status": answer.status, "headers": answer.headers}
        await send({"type": "http.response.start", **start})
        if answer.file is None:
            await send({"type": "http.response.body", "body": answer.body})
            return
        loop = asyncio.get_running_loop()
        read, close = answer.file.file.read, answer.file.close
        try:
            while block := await loop.run_in_executor(self._pool, read, BLOCK_BYTES):
                await send({"type": "http.response.body", "body": block, "more_body": True})
        finally:
            self._pool.submit(close)
        await send({"type": "http.response.body"})

    async def _refuse_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A browser reads the answer only after it has sent everything: let it, within reason.
        if not _header(scope, b"expect"):
            try:
                await asyncio.wait_for(_discard(receive, 10 * self._body_limit), 10)
            except (TimeoutError, ClientGone):
                return
        sentence = (
            f"That is too much: a request may have {self._body_limit // 1_000_000} MB. "
            "Send a smaller file.\n"
        )
        await refuse(send, 413, sentence, [(b"connection", b"close")])


async def refuse(send: Send, status: int, sentence: str, headers: Headers | None = None) -> None:
    """Answer with a plain sentence, without Django."""
    body = sentence.encode()
    length = (b"content-length", str(len(body)).encode())
    nosniff = (b"x-content-type-options", b"nosniff")
    every = [PLAIN, length, nosniff, *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": every})
    await send({"type": "http.response.body", "body": body})


async def read_body(scope: Scope, receive: Receive, limit: int) -> tuple[IO[bytes], int]:
    """The whole body of a request as a file at its start, and its length in bytes.

    Raises BodyTooLarge (at once when the client announces it), ClientGone.
    """
    announced = _header(scope, b"content-length")
    if not announced and not _header(scope, b"transfer-encoding"):
        return io.BytesIO(), 0
    if announced.isdigit() and int(announced) > limit:
        raise BodyTooLarge
    body = cast(IO[bytes], tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES))  # noqa: SIM115 - the exchange closes it
    length = 0
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            block = message.get("body", b"")
            length += len(block)
            if length > limit:
                raise BodyTooLarge
            body.write(block)
            if not message.get("more_body", False):
                break
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body, length


async def _discard(receive: Receive, most: int) -> None:
    """Read what the client still sends, `most` bytes of it."""
    while most > 0:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        most -= len(message.get("body", b""))
        if not message.get("more_body", False):
            return


def _header(scope: Scope, name: bytes) -> bytes:
    for key, value in scope["headers"]:
        if key == name:
            return cast(bytes, value)
    return b""


def visitor(scope: Scope, proxies: Container[str]) -> str:
    """The address of who asks: the peer's, or what trusted proxies say theirs was.

    Each proxy appends the address it was reached from, so the list is read from its end, and only as
    long as the speaker is trusted: what stands further left may be made up.
    """
    address = str((scope.get("client") or ("",))[0])
    told = _header(scope, b"x-forwarded-for").decode("latin-1").split(",")
    while address in proxies and told:
        address = told.pop().strip() or address
    return address


def environ_of(scope: Scope, body: IO[bytes], length: int) -> dict[str, Any]:
    """The WSGI environment (PEP 3333) of an ASGI scope, but for REMOTE_ADDR."""
    raw = scope.get("raw_path")
    path = unquote_to_bytes(raw) if raw else scope["path"].encode()
    host, port = scope.get("server") or ("localhost", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": path.decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileBody,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue  # X_Real would pass for X-Real
        key = _ENVIRON_NAMES.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        if key in environ:
            text = environ[key] + ("; " if name == b"cookie" else ",") + text
        environ[key] = text
    if length:
        environ["CONTENT_LENGTH"] = str(length)  # the measured one: a chunked body announces none
    return environ


_ENVIRON_NAMES = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
