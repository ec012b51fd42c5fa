"""`/live/`: what a browser sees."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bodega import cable
from bodega.cable import stream as stream_module
from bodega.cable.hub import Pace
from bodega.cable.messages import Messages
from bodega.cable.stream import MOST_CHANNELS, Stream
from tests.cable.conftest import Browser, listening


def channels(*names: str) -> str:
    return "&".join(f"channel={cable.sign(name)}" for name in names)


def story(told: Callable[[Stream], Awaitable[Any]], app: Stream | None = None) -> Any:
    async def run() -> Any:
        return await told(app or Stream())

    return asyncio.run(run())


def test_updates_arrive_as_server_sent_events(messages: Messages) -> None:
    async def told(app: Stream) -> None:
        async with listening(app, channels("order:7", "order:8")) as browser:
            cable.broadcast("order:7", "paid", {"number": 7})
            cable.broadcast("order:9", "paid", {"number": 9})
            cable.broadcast("order:8", "paid", {"number": 8})
            await browser.sees('{"number":7}', '{"number":8}')
            assert browser.status == 200
            assert browser.headers == {
                b"content-type": b"text/event-stream; charset=utf-8",
                b"cache-control": b"no-store",
                b"x-accel-buffering": b"no",
            }
            assert browser.last_id == str(cable.position())

    story(told)


def test_a_reconnect_misses_nothing_and_gets_nothing_twice(messages: Messages) -> None:
    async def told(app: Stream) -> None:
        last_id, heard = "", []
        for visit in range(5):
            async with listening(app, channels("a"), last_id=last_id) as browser:
                cable.broadcast("a", "said", f"{visit} here")
                seen = [f'"{visit - 1} away"', f'"{visit} here"'][0 if visit else 1 :]
                await browser.sees(*seen)
                heard += seen
                last_id = browser.last_id
            cable.broadcast("a", "said", f"{visit} away")
        assert len(heard) == len(set(heard)) == 9

    story(told)


def test_a_page_can_name_the_position_it_was_rendered_at(messages: Messages) -> None:
    async def told(app: Stream) -> None:
        rendered_at = cable.position()
        cable.broadcast("a", "said", "between page and stream")
        async with listening(app, f"{channels('a')}&last_event_id={rendered_at}") as browser:
            await browser.sees('"between page and stream"')
            reconnect = listening(
                app, f"{channels('a')}&last_event_id={rendered_at}", last_id=browser.last_id
            )
        async with reconnect as browser:  # what the browser itself remembers is newer
            cable.broadcast("a", "said", "new")
            await browser.sees('"new"')

    story(told)


@pytest.mark.parametrize("last_id", ["1", "999999999999999", "x", "²", "-1", "9" * 5_000])
def test_an_id_that_is_not_known_any_more_resyncs(messages: Messages, last_id: str) -> None:
    async def told(app: Stream) -> None:
        async with listening(app, channels("a"), last_id=last_id) as browser:
            assert browser.events == [("resync", "{}")]
            assert browser.last_id == str(cable.position())

    story(told)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("channel=", 400),
        ("other=1", 400),
        ("channel=forged", 403),
        ("channel=order:7", 403),
        ("&".join(f"x{n}=1" for n in range(100)), 400),
        ("&".join(f"channel={n}" for n in range(MOST_CHANNELS + 1)), 400),
        ("channel=%ff%fe", 403),
    ],
)
def test_a_bad_request_gets_one_sentence(messages: Messages, query: str, status: int) -> None:
    async def told(app: Stream) -> None:
        browser = await Browser(app, query).ask()
        assert (browser.status, browser.is_complete) == (status, True)
        assert browser.headers[b"content-type"] == b"text/plain; charset=utf-8"
        assert browser.body.endswith(b".\n")

    story(told)


def test_one_forged_channel_among_good_ones_is_refused(messages: Messages) -> None:
    async def told(app: Stream) -> None:
        token = cable.sign("order:8")
        forged = token.replace(token[0], "x", 1)
        query = f"{channels('order:7')}&channel={forged}"
        assert (await Browser(app, query).ask()).status == 403
        async with listening(app, channels("order:7", "order:8")) as control:
            assert control.status == 200

    story(told)


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS"])
def test_only_get_is_answered(messages: Messages, method: str) -> None:
    async def told(app: Stream) -> None:
        browser = await Browser(app, channels("a"), method=method).ask()
        assert (browser.status, browser.headers[b"allow"]) == (405, b"GET")

    story(told)


def test_two_hundred_listeners_all_hear_everything(messages: Messages) -> None:
    async def told(app: Stream) -> None:
        async with _AllOf([listening(app, channels("a", f"own:{n}")) for n in range(200)]) as all_:
            for number in range(5):
                cable.broadcast("a", "said", number)
            cable.broadcast("own:7", "said", "only you")
            await asyncio.gather(
                *(
                    browser.sees("0", "1", "2", "3", "4", *(['"only you"'] * (n == 7)))
                    for n, browser in enumerate(all_)
                )
            )

    story(told)


def test_a_reader_that_does_not_read_holds_up_nobody(messages: Messages) -> None:
    async def told(app: Stream) -> None:
        async with (
            listening(app, channels("a")) as slow,
            listening(app, channels("a")) as quick,
        ):
            slow.reads.clear()
            for number in range(50):
                cable.broadcast("a", "said", number)
                await quick.until(
                    lambda number=number: quick.events[-1:] == [("said", str(number))]
                )
            slow.reads.set()
            await slow.until(lambda: slow.events[-1] == ("said", "49"))
            assert ("resync", "{}") in slow.events
            assert len(slow.events) < 20
            assert len(quick.events) == 50

    story(told, Stream(Pace(queue=5)))


def test_a_browser_that_leaves_is_forgotten(messages: Messages) -> None:
    async def told(app: Stream) -> None:
        async with listening(app, channels("a")):
            assert len(app._hub_of_this_loop()) == 1
        assert len(app._hub_of_this_loop()) == 0

    story(told)


def test_a_browser_that_leaves_while_the_server_cannot_write_is_forgotten(
    messages: Messages,
) -> None:
    async def told(app: Stream) -> None:
        async with listening(app, channels("a")) as browser:
            browser.reads.clear()
            cable.broadcast("a", "said", 1)
            app._hub_of_this_loop().look()
            browser.leave()
            await asyncio.wait_for(_nobody(app), 10)

    story(told)


def test_a_server_that_says_the_browser_is_gone_ends_the_stream(messages: Messages) -> None:
    class Broken(Browser):
        async def send(self, event: Any) -> None:
            if b"data" in event.get("body", b""):
                raise BrokenPipeError
            await super().send(event)

    async def told(app: Stream) -> None:
        browser = Broken(app, channels("a"))
        task = asyncio.create_task(app(browser.scope, browser.receive, browser.send))
        await browser.until(lambda: b"id: " in browser.body)
        cable.broadcast("a", "said", 1)
        await asyncio.wait_for(task, 10)
        assert len(app._hub_of_this_loop()) == 0

    story(told)


def test_the_server_being_cancelled_leaves_nothing_behind(messages: Messages) -> None:
    async def told(app: Stream) -> None:
        browser = Browser(app, channels("a"))
        task = asyncio.create_task(app(browser.scope, browser.receive, browser.send))
        await browser.until(lambda: b"id: " in browser.body)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(app._hub_of_this_loop()) == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    story(told)


def test_a_stream_ends_after_its_life_and_says_when_to_come_back(messages: Messages) -> None:
    async def told(app: Stream) -> None:
        browser = await Browser(app, channels("a")).ask()
        assert browser.is_complete
        assert b"\nretry: " in browser.body

    story(told, Stream(life=0.05))


def test_a_quiet_stream_shows_signs_of_life(messages: Messages) -> None:
    async def told(app: Stream) -> None:
        async with listening(app, channels("a")) as browser:
            await browser.until(lambda: browser.body.count(b": here") > 2)

    story(told, Stream(Pace(heartbeat=0.02)))


def test_draining_ends_all_streams_and_sends_newcomers_on(messages: Messages) -> None:
    async def told(app: Stream) -> None:
        async with (
            listening(app, channels("a")) as one,
            listening(app, channels("b")) as two,
        ):
            await asyncio.to_thread(app.drain)  # from any thread, as a signal handler may
            await one.until(lambda: one.is_complete)
            await two.until(lambda: two.is_complete)
            assert b"\nretry: " in one.body
            newcomer = await Browser(app, channels("a")).ask()
            # 200: a browser never comes back after any other answer
            assert (newcomer.status, newcomer.body[:7]) == (200, b"retry: ")

    story(told)


def test_draining_does_not_wait_for_a_reader_that_does_not_read(
    messages: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "GRACE_SECONDS", 0.05)

    async def told(app: Stream) -> None:
        async with listening(app, channels("a")) as browser:
            browser.reads.clear()
            app.drain()
            await asyncio.wait_for(_nobody(app), 10)
            assert not browser.is_complete

    story(told)


def test_draining_before_anybody_listened_is_harmless(messages: Messages) -> None:
    app = Stream()
    app.drain()
    assert asyncio.run(Browser(app, channels("a")).ask()).is_complete


def test_more_streams_than_a_process_should_hold_are_told_to_wait(
    messages: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "MOST_STREAMS", 1)

    async def told(app: Stream) -> None:
        async with listening(app, channels("a")):
            assert (await Browser(app, channels("a")).ask()).body == b"retry: 30000\n\n"

    story(told)


def test_there_is_one_application_for_the_door() -> None:
    assert isinstance(stream_module.app, Stream)


async def _nobody(app: Stream) -> None:
    while len(app._hub_of_this_loop()):
        await asyncio.sleep(0)


class _AllOf:
    """Enter many context managers as one."""

    def __init__(self, managers: list[Any]) -> None:
        self.managers = managers

    async def __aenter__(self) -> list[Browser]:
        return list(await asyncio.gather(*(m.__aenter__() for m in self.managers)))

    async def __aexit__(self, *error: Any) -> None:
        await asyncio.gather(*(m.__aexit__(*error) for m in self.managers))
