"""Who listens in this process, and the one watcher that reads the file for all of them.

The hub belongs to one event loop and never waits: it sleeps on the doorbell, reads what is new with one
indexed statement, and hands each frame to the subscribers of its channel. Without subscribers it does
nothing at all.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bodega.cable import frames
from bodega.cable.broadcasting import complain
from bodega.cable.messages import Message, Messages
from bodega.cable.subscriber import Subscriber
from bodega.cable.watch import Watch

PIECE = 100  # messages read at once: then others get their turn


@dataclass(frozen=True)
class Pace:
    """Times in seconds, and bounds."""

    heartbeat: float = 15.0  # between two signs of life
    look: float = 0.5  # between two looks without a ring
    queue: int = 100  # frames that may wait for one slow reader


class Hub:
    """The subscribers of one process."""

    def __init__(self, messages: Messages, pace: Pace | None = None) -> None:
        self._messages = messages
        self._pace = pace or Pace()
        self._subscribers: set[Subscriber] = set()
        self._by_channel: dict[str, set[Subscriber]] = {}
        self._position = 0
        self._watch: Watch | None = None
        self._heart: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._subscribers)

    def join(self, channels: Sequence[str], position: int | None = None) -> Subscriber:
        """Let a new subscriber hear `channels`, first what was said after `position` (None: nothing).

        One step without an await: what is committed by now is replayed, what comes later is delivered,
        nothing in between is lost or sent twice.
        """
        subscriber = Subscriber(channels, self._position, self._pace.queue)
        try:
            self._greet(subscriber, position)
        except (sqlite3.Error, OSError) as error:
            complain(self._messages, error)
            subscriber.put(frames.resync(self._position), self._position)
        if self._watch is None:
            self._start(subscriber.position)
        self._subscribers.add(subscriber)
        for channel in subscriber.channels:
            self._by_channel.setdefault(channel, set()).add(subscriber)
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a subscriber; the last one switches the watch off."""
        self._subscribers.discard(subscriber)
        for channel in subscriber.channels:
            listeners = self._by_channel.get(channel, set())
            listeners.discard(subscriber)
            if not listeners:
                self._by_channel.pop(channel, None)
        if not self._subscribers:
            self._stop()

    def end_all(self, last_words: Callable[[], bytes]) -> None:
        """End every stream at once."""
        for subscriber in list(self._subscribers):
            subscriber.end(last_words())

    def look(self) -> None:
        """Hand on what was committed since the last look."""
        try:
            self._messages.file.forget_if_replaced()
            news = self._messages.after(self._position, PIECE)
            gap = self._gap(news)
        except (sqlite3.Error, OSError) as error:
            complain(self._messages, error)
            return
        if gap is not None:
            self._tell_all_to_resync(gap)
        for message in news:
            self._deliver(message)
        if len(news) == PIECE:
            asyncio.get_running_loop().call_soon(self.look)

    def _gap(self, news: Sequence[Message]) -> int | None:
        """Where to go on when messages were missed (None: they were not).

        They were trimmed while this process was asleep, or the file is not the one it was.
        """
        if news:
            return None if news[0].id == self._position + 1 else news[0].id - 1
        last = self._messages.last()
        is_behind = self._messages.forgotten() > self._position
        return last if is_behind or last < self._position else None

    def _greet(self, subscriber: Subscriber, position: int | None) -> None:
        last = self._messages.last()
        if position is None:
            subscriber.put(frames.at(last), last)
            return
        missed = self._missed(subscriber.channels, position, last)
        if missed is None:
            subscriber.put(frames.resync(last), last)
        else:
            replay = b"".join(map(frames.of_message, missed))
            subscriber.put(replay + frames.at(last), last)

    def _missed(self, channels: Sequence[str], position: int, last: int) -> list[Message] | None:
        """What was said since `position`; None when that is not known any more, or too much."""
        if not self._messages.forgotten() <= position <= last:
            return None
        limit = self._pace.queue
        missed = self._messages.of_channels(channels, position, last, limit + 1)
        return None if len(missed) > limit else missed

    def _deliver(self, message: Message) -> None:
        self._position = message.id
        listeners = self._by_channel.get(message.channel)
        if listeners:
            frame = frames.of_message(message)
            for subscriber in listeners:
                if message.id > subscriber.position:  # else it was in the replay
                    subscriber.put(frame, message.id)

    def _tell_all_to_resync(self, position: int) -> None:
        self._position = position
        for subscriber in self._subscribers:
            subscriber.put(frames.resync(position), position)

    def _start(self, position: int) -> None:
        self._position = position
        self._watch = Watch(self._messages.file.directory, self._pace.look, self.look)
        self._heart = asyncio.get_running_loop().call_later(self._pace.heartbeat, self._beat)
        self.look()  # what came between reading the position and listening for the bell

    def _stop(self) -> None:
        if self._watch is not None and self._heart is not None:
            self._watch.close()
            self._heart.cancel()
            self._watch = self._heart = None

    def _beat(self) -> None:
        self._heart = asyncio.get_running_loop().call_later(self._pace.heartbeat, self._beat)
        for subscriber in self._subscribers:
            subscriber.beat(self._position)
