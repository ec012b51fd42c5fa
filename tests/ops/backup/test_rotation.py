from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bodega.ops.backup.manifest import name_of
from bodega.ops.backup.rotation import Keep, expired

MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def daily(count: int) -> list[str]:
    """A backup a day, the last one on Monday, oldest first."""
    return [name_of(MONDAY - timedelta(days=back)) for back in reversed(range(count))]


def test_days_and_weeks_keep_their_newest() -> None:
    names = daily(40)
    kept = set(names) - set(expired(names, Keep(days=3, weeks=3)))
    sundays = [MONDAY - timedelta(days=1), MONDAY - timedelta(days=8)]
    days = [MONDAY, MONDAY - timedelta(days=1), MONDAY - timedelta(days=2)]
    assert kept == {name_of(each) for each in (*days, *sundays)}


def test_of_one_day_only_the_newest_is_kept() -> None:
    names = [name_of(MONDAY + timedelta(hours=hour)) for hour in range(5)]
    assert expired(names, Keep()) == names[:-1]


def test_days_without_a_backup_do_not_count() -> None:
    names = [name_of(MONDAY - timedelta(days=100 * back)) for back in (3, 2, 1)]
    assert expired(names, Keep(days=3, weeks=0)) == []


@given(
    st.lists(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), min_size=1),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_the_newest_is_never_expired(moments: list[datetime], days: int, weeks: int) -> None:
    names = sorted({name_of(each.replace(tzinfo=UTC)) for each in moments})
    gone = expired(names, Keep(days, weeks))
    assert names[-1] not in gone
    assert len(names) - len(gone) <= 1 + days + weeks
