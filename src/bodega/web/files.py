"""Files in front of Django: `/static/` (hashed names, compressed at build) and `/media/` (pictures).

WhiteNoise decides about codings, ETag, 304 and ranges; here is only what keeps the event loop free.
Nothing is scanned at start: a file that a newer release laid into the same folder is found when it is
first asked for, so overlapping generations serve each other's pages.
"""

import asyncio
import re
from pathlib import Path
from typing import Any

from whitenoise import WhiteNoise
from whitenoise.responders import MissingFileError, Response

from bodega.web.bridge import BLOCK_BYTES, Headers, Receive, Scope, Send, refuse

AT_ONCE_BYTES = 262_144  # read in one go; larger files block by block
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")  # base.55e7cbb9ba48.css
# Only what `catalog.pictures` makes: one folder, one type, no way out. Originals are not public.
RENDITION = re.compile(r"/media/img/[0-9A-Za-z_-]{1,100}\.webp")
STATIC = re.compile(r"/static/[0-9A-Za-z_@.+/ -]{1,300}")

ASKED = {
    b"accept-encoding": "HTTP_ACCEPT_ENCODING",
    b"if-none-match": "HTTP_IF_NONE_MATCH",
    b"if-modified-since": "HTTP_IF_MODIFIED_SINCE",
    b"range": "HTTP_RANGE",
}


class Files:
    """The files of one folder below one address."""

    def __init__(
        self, root: Path, prefix: str, allowed: re.Pattern[str], immutable: re.Pattern[str]
    ):
        """`allowed`: what an address must match as a whole. `immutable`: what never changes."""
        self._allowed = allowed
        self._immutable = immutable
        self._finder = WhiteNoise(
            None,
            autorefresh=True,
            max_age=60,
            allow_all_origins=False,
            immutable_file_test=lambda _path, url: bool(immutable.search(url)),
            add_headers_function=_add_headers,
        )
        self._finder.add_files(str(root), prefix)
        self._known: dict[str, Any] = {}

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(None, self._respond, scope)
        if found is None:
            await refuse(send, 404, "There is no such file.\n")
            return
        response, begin = found
        headers: Headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in response.headers
        ]
        start = {"status": int(response.status), "headers": headers}
        await send({"type": "http.response.start", **start})
        if response.file is not None:
            begin = await _send_blocks(response.file, begin, send)
        await send({"type": "http.response.body", "body": begin})

    def _respond(self, scope: Scope) -> tuple[Response, bytes] | None:
        """The answer and its first bytes; its file is open only when there are more. Blocks."""
        file = self._find(scope["path"])
        if file is None:
            return None
        asked = {
            ASKED[name]: value.decode("latin-1")
            for name, value in scope["headers"]
            if name in ASKED
        }
        response = file.get_response(scope["method"], asked)
        if response.file is None:
            return response, b""
        begin = response.file.read(AT_ONCE_BYTES)
        if len(begin) < AT_ONCE_BYTES:
            response.file.close()
            response = Response(response.status, response.headers, None)
        return response, begin

    def _find(self, path: str) -> Any:
        if path in self._known:
            return self._known[path]
        if not self._allowed.fullmatch(path):
            return None
        try:
            file = self._finder.find_file(path)
        except (MissingFileError, IsADirectoryError):
            return None
        if file is not None and self._immutable.search(path):
            self._known[path] = file
        return file


async def _send_blocks(file: Any, begin: bytes, send: Send) -> bytes:
    """Send all but the last block of an open file; returns that one."""
    loop = asyncio.get_running_loop()
    block = begin
    try:
        while following := await loop.run_in_executor(None, file.read, BLOCK_BYTES):
            await send({"type": "http.response.body", "body": block, "more_body": True})
            block = following
    finally:
        await loop.run_in_executor(None, file.close)
    return block


def _add_headers(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"


def static_files(root: Path) -> Files:
    """What is at `/static/`."""
    return Files(root, "/static/", STATIC, HASHED)


def media_files(root: Path) -> Files:
    """What is at `/media/`; the names carry a hash of the content, so nothing ever changes."""
    return Files(root, "/media/", RENDITION, RENDITION)
