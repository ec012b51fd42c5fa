"""The storm as a picture: generations alive, and how long requests took, over the same seconds."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from html import escape

from bodega.ops.drill.storm.outcome import Storm

WIDTH, HEIGHT = 960, 470
LEFT, RIGHT = 60, 20
GENERATIONS, LATENCIES = (60, 190), (240, 420)  # top and bottom of each panel
SLOWEST, FASTEST = 30.0, 0.001  # seconds, at the ends of a logarithmic axis
LABELS = {0.001: "1 ms", 0.01: "10 ms", 0.1: "100 ms", 1.0: "1 s", 10.0: "10 s"}
STATES = (("live", "#2a9d8f"), ("starting", "#e9c46a"), ("draining", "#8d99ae"))
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-size: 15px; font-weight: 600 }
.grid { stroke: #ddd } .p50 { fill: none; stroke: #2a6f97; stroke-width: 1.5 }
.p99 { fill: none; stroke: #f4a261; stroke-width: 1.5 }
.failed { fill: #c1121f } .kill { stroke: #c1121f } .live { stroke: #2a9d8f }
"""


def svg(storm: Storm, title: str) -> str:
    """A whole SVG document."""
    seconds = max(storm.seconds, 1.0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text class="title" x="{LEFT}" y="24">{escape(title)}</text>',
        *_time_axis(seconds),
        *_generations(storm, seconds),
        *_latencies(storm, seconds),
        *_marks(storm, seconds),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(second: float, seconds: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * max(0.0, second) / seconds


def _time_axis(seconds: float) -> Iterable[str]:
    step = next(each for each in (5, 10, 30, 60, 120, 600, 3600) if seconds / each <= 14)
    for second in range(0, int(seconds) + 1, step):
        x = _x(second, seconds)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{GENERATIONS[0]}" y2="{LATENCIES[1]}"/>'
        yield f'<text x="{x:.1f}" y="{LATENCIES[1] + 18}" text-anchor="middle">{second} s</text>'


def _generations(storm: Storm, seconds: float) -> Iterable[str]:
    """Areas on top of each other: live, starting, draining."""
    top, bottom = GENERATIONS
    most = max(storm.most_alive, 1)
    unit = (bottom - top) / most
    for count in range(most + 1):
        y = bottom - unit * count + 4
        yield f'<text x="{LEFT - 8}" y="{y:.1f}" text-anchor="end">{count}</text>'
    looks = [look for look in storm.looks if 0 <= look.at - storm.began <= seconds]
    below = [0] * len(looks)
    xs = [_x(look.at - storm.began, seconds) for look in looks]
    for number, (state, colour) in enumerate(STATES):
        above = [low + getattr(look, state) for low, look in zip(below, looks, strict=True)]
        edge = _steps(xs, [bottom - unit * each for each in above])
        back = _steps(xs, [bottom - unit * each for each in below])[::-1]
        yield f'<polygon fill="{colour}" points="{_points(edge + back)}"/>'
        x = LEFT + 110 * number
        yield f'<rect x="{x}" y="36" width="10" height="10" fill="{colour}"/>'
        yield f'<text x="{x + 15}" y="45">{state}</text>'
        below = above
    yield f'<text x="{WIDTH - RIGHT}" y="45" text-anchor="end">generations alive</text>'


def _steps(xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float]]:
    """A staircase: a value holds until another one is seen."""
    found: list[tuple[float, float]] = []
    for x, y in zip(xs, ys, strict=True):
        if found and found[-1][1] != y:
            found.append((x, found[-1][1]))
        if not found or found[-1][1] != y:
            found.append((x, y))
    return [*found, *zip(xs[-1:], ys[-1:], strict=True)]


def _latencies(storm: Storm, seconds: float) -> Iterable[str]:
    """p50 and p99 of each moment, on a logarithmic axis."""
    for value, label in LABELS.items():
        y = _y(value)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
    width = max(1.0, seconds / 120)
    moments: dict[int, list[float]] = defaultdict(list)
    for request in storm.memories.requests:
        if request.step != "slow" and not request.failure:
            moments[int((request.at - storm.began) / width)].append(request.seconds)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        line = [
            (_x((moment + 0.5) * width, seconds), _y(sorted(took)[int((len(took) - 1) * share)]))
            for moment, took in sorted(moments.items())
        ]
        yield f'<polyline class="{name}" points="{_points(line)}"/>'
    yield (
        f'<text x="{WIDTH - RIGHT}" y="{LATENCIES[0] - 8}" text-anchor="end">requests: p50 (blue), '
        "p99 (orange) of each moment; a red dot failed</text>"
    )


def _y(value: float) -> float:
    top, bottom = LATENCIES
    share = math.log(min(max(value, FASTEST), SLOWEST) / FASTEST) / math.log(SLOWEST / FASTEST)
    return bottom - (bottom - top) * share


def _marks(storm: Storm, seconds: float) -> Iterable[str]:
    """Ticks where a deploy went live (green) and somebody was killed (red); failed requests."""
    y = GENERATIONS[1] + 6
    for deploy in storm.log.live:
        x = _x(deploy.asked + deploy.seconds - storm.began, seconds)
        yield f'<line class="live" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 10}"/>'
    for kill in storm.log.kills:
        x = _x(kill - storm.began, seconds)
        yield f'<line class="kill" x1="{x:.1f}" x2="{x:.1f}" y1="{y + 12}" y2="{y + 22}"/>'
    for request in storm.memories.failures:
        x, at = _x(request.at - storm.began, seconds), _y(request.seconds)
        yield f'<circle class="failed" cx="{x:.1f}" cy="{at:.1f}" r="3"/>'


def _points(line: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
