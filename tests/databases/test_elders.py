"""Older and newer generations, told apart by the kernel's locks; each lives in a process of its own."""

from pathlib import Path

import pytest

from bodega.databases import elders as asking
from bodega.databases.elders import elders, is_superseded
from bodega.databases.generations import Generation
from bodega.databases.register import Register
from tests.databases.newcomers import living

pytestmark = pytest.mark.process


def test_who_began_before_and_still_lives_is_older(volume: Path) -> None:
    with living(volume) as first:
        me = Generation(Register(volume), "r2")
        try:
            assert [row.id for row in elders(me.register, me.id)] == [first.id]
            assert not is_superseded(me.register, me.id)
            with living(volume):
                assert len(elders(me.register, me.id)) == 1, "who came later is no elder"
                assert is_superseded(me.register, me.id)
            assert not is_superseded(me.register, me.id), "its row may say live: its locks are gone"
        finally:
            me.leave()


def test_who_only_looks_sees_everybody_who_lives(volume: Path) -> None:
    looker = Register(volume)
    try:
        assert asking.living(looker) == []
        with living(volume) as first:
            with living(volume) as second:
                assert [row.id for row in asking.living(looker)] == [second.id, first.id]
            assert [row.id for row in asking.living(looker)] == [first.id]
        assert asking.living(looker) == [], "their rows are still there"
        assert len(looker.rows()) == 2
    finally:
        looker.close()
