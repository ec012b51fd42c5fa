"""Settings of a shop whose web process can be told to die between commit and answer.

While there is a file `cut` in the volume, the next POST is carried out, and then SIGKILL: what was
committed stays, nobody is told.
"""

import os
import signal
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from bodega.settings import *  # noqa: F403 - the shop's own, but for one line
from bodega.settings import MIDDLEWARE as SHOPS
from bodega.settings import VOLUME

MIDDLEWARE = ["tests.stories.cutting.Cut", *SHOPS]


class Cut:
    """Outermost, so all that Django does is done."""

    def __init__(self, handle: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.handle = handle

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.handle(request)
        if request.method == "POST" and (VOLUME / "cut").exists():
            (VOLUME / "cut").unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return response
