import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.lib.wire import Word
from bodega.ops import control
from bodega.ops.control import LONGEST_PATH, Control, NobodyAnswers, ask
from tests.waiting import until


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Control]:
    made = Control(tmp_path)
    yield made
    made.close()


def answer_all(ear: Control, words: list[Word]) -> Word:
    """Wait for one question, answer it with `words`; the question."""
    heard: list[Word] = []

    def is_asked() -> bool:
        for caller, word in ear.questions():
            heard.append(word)
            for each in words:
                caller.tell(**each)
            caller.close()
        return bool(heard)

    until(is_asked)
    return heard[0]


def asking(directory: Path, answers: list[Word], **question: object) -> threading.Thread:
    thread = threading.Thread(target=lambda: answers.extend(ask(directory, **question)))
    thread.start()
    return thread


def test_a_question_is_answered_until_the_supervisor_hangs_up(ear: Control, tmp_path: Path) -> None:
    answers: list[Word] = []
    thread = asking(tmp_path, answers, ask="deploy", release="/r")
    question = answer_all(ear, [{"step": "ready"}, {"end": "live"}])
    thread.join(10)
    assert question == {"ask": "deploy", "release": "/r"}
    assert answers == [{"step": "ready"}, {"end": "live"}]


def test_only_the_shops_own_user_gets_near_it(ear: Control, tmp_path: Path) -> None:
    about = (tmp_path / "locks" / control.NAME).stat()
    assert stat.S_IMODE(about.st_mode) == 0o600
    assert about.st_uid == os.geteuid()


def test_another_user_is_not_heard(
    ear: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_may_ask", lambda _end: False)
    answers: list[Word] = []
    thread = asking(tmp_path, answers, ask="deploy")
    until(lambda: ear.questions() == [] and not thread.is_alive())
    assert answers == []


def test_where_nobody_listens_the_sentence_says_how_to_open_a_shop(tmp_path: Path) -> None:
    with pytest.raises(NobodyAnswers, match="bodega up"):
        next(ask(tmp_path, ask="status"))
    Control(tmp_path)._socket.close()  # killed: its file stays
    with pytest.raises(NobodyAnswers, match="no shop is open"):
        next(ask(tmp_path, ask="status"))


def test_the_ear_of_who_came_later_is_left_alone(ear: Control, tmp_path: Path) -> None:
    later = Control(tmp_path)
    ear.close()
    answers: list[Word] = []
    thread = asking(tmp_path, answers, ask="status")
    answer_all(later, [{"pid": 1}])
    thread.join(10)
    assert answers == [{"pid": 1}]
    later.close()
    assert not (tmp_path / "locks" / control.NAME).exists()


def test_a_path_that_is_too_long_for_a_socket_works_too(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * LONGEST_PATH)
    deep.mkdir()
    ear = Control(deep)
    answers: list[Word] = []
    thread = asking(deep, answers, ask="status")
    answer_all(ear, [{"pid": 1}])
    thread.join(10)
    ear.close()
    assert answers == [{"pid": 1}]
