"""The whole shop in one command: hold the socket, start the first generation, watch, close."""

import os
import socket

from bodega.databases.exits import Exit
from bodega.databases.layout import volume_directory
from bodega.databases.story import CannotTell, Story
from bodega.databases.volume import VolumeError, read_identity
from bodega.ops import release, systemd
from bodega.ops.control import Control
from bodega.ops.listening import listen
from bodega.ops.overseer import Overseer
from bodega.ops.rollout import Wish
from bodega.ops.terms import Terms
from bodega.ops.voice import Voice


class DidNotOpen(RuntimeError):
    """The shop cannot be opened here, and nothing runs. `code`: what `bodega up` ends with."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def up(host: str, port: int, terms: Terms, expect: str | None = None) -> int:
    """Open the shop, keep it open until SIGTERM or SIGINT, close it. Returns the exit code.

    `expect`: the generation that must answer on this volume. Raises DidNotOpen, CannotListen,
    NotOneSocket.
    """
    volume = volume_directory()
    try:
        read_identity(volume)
    except VolumeError as error:
        raise DidNotOpen(Exit.NOT_THIS_VOLUME, str(error)) from error
    listener: socket.socket = systemd.listener() or listen(host, port)
    os.environ["BODEGA_VOLUME"] = str(volume)  # absolute, whatever folder a release is started in
    try:
        story = Story(volume)
    except CannotTell as error:
        raise DidNotOpen(1, str(error)) from error
    overseer = Overseer(listener, terms, Voice(), story.write)
    overseer.listen_to_signals()
    overseer.control = Control(volume)
    try:
        code = overseer.run(Wish(release.own(), expect=expect))
    finally:
        overseer.control.close()
        story.close()
    if overseer.refusal:
        raise DidNotOpen(code, overseer.refusal)
    overseer.voice.say("closed", "")
    return code
