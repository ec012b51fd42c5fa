"""Small plots, drawn on the server as SVG: no script, no style attribute, readable without colour."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 220
LEFT, BOTTOM, TOP = 64, 24, 10
GRID_LINES = 4


def scale(largest: int) -> list[int]:
    """Round values for the grid, from 0 upwards, the last one at least `largest`."""
    step = 1
    while step * GRID_LINES < largest:
        for factor in (2, 5, 10):
            if step * factor * GRID_LINES >= largest or factor == 10:
                step *= factor
                break
    return [step * line for line in range(GRID_LINES + 1)]


def bars(
    values: Sequence[int],
    labels: Sequence[str],
    ticks: dict[int, str],
    scale_labels: Sequence[str],
    title: str,
) -> str:
    """A bar chart. `labels` name each bar (shown on hover), `ticks` some of them below the axis."""
    top = scale(max(values, default=0))[-1]
    plot_width, plot_height = WIDTH - LEFT, HEIGHT - TOP - BOTTOM
    slot = plot_width / max(1, len(values))
    pieces = [
        f'<svg class="bo-plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
    ]
    for line, text in enumerate(scale_labels):
        y = TOP + plot_height * (1 - line / GRID_LINES)
        pieces.append(f'<line class="bo-grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        pieces.append(
            f'<text class="bo-scale" x="{LEFT - 8}" y="{y + 4:.1f}">{escape(text)}</text>'
        )
    for index, (value, label) in enumerate(zip(values, labels, strict=True)):
        height = plot_height * value / top if top else 0
        x, y = LEFT + index * slot + slot * 0.15, TOP + plot_height - height
        pieces.append(
            f'<rect class="bo-bar" x="{x:.1f}" y="{y:.1f}" width="{slot * 0.7:.1f}" '
            f'height="{height:.1f}" rx="2"><title>{escape(label)}</title></rect>'
        )
        if index in ticks:
            middle = LEFT + (index + 0.5) * slot
            pieces.append(
                f'<text class="bo-tick" x="{middle:.1f}" y="{HEIGHT - 6}">{escape(ticks[index])}</text>'
            )
    return "".join([*pieces, "</svg>"])


def spark(values: Sequence[int], title: str) -> str:
    """A line without axes, for a card."""
    width, height = 160, 40
    top = max(values, default=0) or 1
    step = width / max(1, len(values) - 1)
    points = " ".join(
        f"{index * step:.1f},{height - 3 - (height - 6) * value / top:.1f}"
        for index, value in enumerate(values)
    )
    return (
        f'<svg class="bo-spark" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        f'<polyline points="{points}"/></svg>'
    )
