from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodega.backoffice import plots


@given(st.integers(0, 10**12))
def test_the_grid_reaches_the_largest_value_without_towering_over_it(largest: int) -> None:
    lines = plots.scale(largest)
    assert lines[0] == 0
    assert lines[-1] >= largest
    assert lines[-1] <= max(plots.GRID_LINES, largest * 4)


def test_bars_are_as_high_as_their_values() -> None:
    scale = [str(value) for value in plots.scale(4)]
    svg = ElementTree.fromstring(plots.bars([0, 2, 4], ["a", "b <", "c"], {0: "x"}, scale, "T & U"))
    heights = [float(bar.attrib["height"]) for bar in svg.iter("rect")]
    assert heights[0] == 0
    assert heights[2] == pytest.approx(2 * heights[1])
    assert [title.text for title in svg.iter("title")] == ["a", "b <", "c"]


@pytest.mark.parametrize("values", [[], [0], [0, 0, 0], [5], [1, 9, 3]])
def test_a_spark_line_stays_in_its_box(values: list[int]) -> None:
    svg = ElementTree.fromstring(plots.spark(values, "Orders"))
    points = svg[0].attrib["points"].split()
    for point in points:
        x, y = map(float, point.split(","))
        assert 0 <= x <= 160
        assert 0 <= y <= 40
