"""The whole of fakestripe as one ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from fakestripe import API_VERSION
from fakestripe.api import CALLS, Call, Desk, unknown_path
from fakestripe.bank import Bank
from fakestripe.control import Control
from fakestripe.courier import Courier
from fakestripe.hosted import PaymentPage
from fakestripe.resources.webhook_endpoints import register


def make_app(bank: Bank) -> Starlette:
    desk, page = Desk(bank), PaymentPage(bank)
    # Looked through from the top: the long list comes last.
    routes = [
        Route("/c/pay/{id}", page.show, methods=["GET"]),
        Route("/c/pay/{id}", page.submit, methods=["POST"]),
        Route("/c/pay/{id}/3d-secure", page.challenge, methods=["GET"]),
        Route("/c/pay/{id}/3d-secure", page.answer, methods=["POST"]),
        *Control(bank).routes(),
        Route("/", welcome, methods=["GET"]),
        *(Route(call.path, asking(desk, call), methods=[call.method]) for call in CALLS),
    ]
    return Starlette(
        routes=routes,
        lifespan=lambda _app: running(bank),
        exception_handlers={404: not_found, 405: not_found},
    )


def asking(desk: Desk, call: Call) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await desk.answer(request, call)

    return endpoint


@asynccontextmanager
async def running(bank: Bank) -> AsyncIterator[None]:
    """While the server serves, the courier delivers."""
    with bank.store.transaction():
        for endpoint in bank.settings.endpoints:
            register(bank, endpoint)
    task = asyncio.create_task(Courier(bank).run())
    # A courier that broke is reported at once, with its traceback, not when the server stops.
    task.add_done_callback(lambda done: done.cancelled() or done.result())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    bank.store.close()


async def welcome(_request: Request) -> Response:
    return PlainTextResponse(
        f"This is fakestripe, a stand-in for Stripe's API {API_VERSION}. Test only.\n"
        "API: /v1   payment pages: /c/pay/{session}   control: /_fake/state, /_fake/faults\n"
    )


async def not_found(request: Request, _problem: Exception) -> Response:
    if request.url.path.startswith("/v1"):
        return unknown_path(request)
    return JSONResponse({"error": {"message": f"No such page: {request.url.path}"}}, 404)
