"""A sheet of paper to draw on: units instead of pixels, smooth edges, inks that overprint.

The long side of every sheet is 1000 units. Drawing happens at twice the final size and is scaled down at
the end, which is what makes edges smooth (Pillow draws without antialiasing).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw

LONG = 1000  # units
PIXELS = 1500  # of the long side, in the file
SMOOTH = 2  # times larger while drawing
SHAPES = {"portrait": (707, 1000), "landscape": (1000, 707), "square": (1000, 1000)}

Point = tuple[float, float]
Colour = str


@dataclass(frozen=True, slots=True)
class Palette:
    """A paper, an ink that reads on it, and the colours of the picture."""

    paper: Colour
    ink: Colour
    colours: tuple[Colour, ...]


PALETTES = {
    "harbour": Palette(
        "#f3efe5", "#13263c", ("#1c3f66", "#3d73a2", "#8cb4cc", "#e3a857", "#d5e2e6")
    ),
    "ember": Palette("#f7ebdb", "#3a1712", ("#b5331f", "#e2672f", "#f0a23b", "#f7d28d", "#7a1e1c")),
    "night": Palette("#101a2c", "#ebe5d6", ("#24406e", "#3f6199", "#8aa7cc", "#e7b961", "#16233b")),
    "moss": Palette("#f1f0e4", "#1d2f23", ("#2e593b", "#5f8a57", "#a3b878", "#dbb95e", "#dfe3cb")),
    "clay": Palette("#f8ede4", "#4a1f1a", ("#b2553f", "#d98268", "#ecb39f", "#8a3a2f", "#f3d6c6")),
    "chalk": Palette("#f5f2eb", "#1b1a18", ("#1b1a18", "#5a5651", "#b9b2a6", "#c8402a", "#e3ddd1")),
    "peach": Palette("#fcf2e7", "#6b3a33", ("#f0a98f", "#f6c9a5", "#e68266", "#f2d58a", "#c9665a")),
    "poster": Palette(
        "#f3ebd9", "#17171b", ("#d0342c", "#17171b", "#2a4d8f", "#eac14a", "#dccfb4")
    ),
    "carnival": Palette(
        "#fbf4e4", "#20303a", ("#e4572e", "#f3a712", "#2a9d8f", "#264b6e", "#f2c6a0")
    ),
    "frost": Palette("#f5f8f9", "#2a4557", ("#dbe9ef", "#b4d2de", "#86b2c6", "#5b8ba5", "#c8dfe8")),
}


class Sheet:
    """A sheet of a shape in its paper's colour."""

    def __init__(self, shape: str, paper: Colour) -> None:
        self.width, self.height = SHAPES[shape]
        self.scale = PIXELS * SMOOTH / LONG
        self.image = Image.new("RGB", self._pixels(self.width, self.height), paper)
        self.draw = ImageDraw.Draw(self.image)

    def polygon(self, points: Iterable[Point], fill: Colour) -> None:
        self.draw.polygon([self._at(x, y) for x, y in points], fill=fill)

    def line(self, points: Sequence[Point], fill: Colour, width: float = 1.0) -> None:
        """A line with round joints and ends; `width` in units."""
        pixels = max(1, round(width * self.scale))
        path = [self._at(x, y) for x, y in points]
        self.draw.line(path, fill=fill, width=pixels, joint="curve")
        if pixels > 3:
            for x, y in (points[0], points[-1]):
                self.circle(x, y, width / 2 - 0.15, fill)

    def circle(self, x: float, y: float, radius: float, fill: Colour) -> None:
        self.draw.ellipse(self._box(x, y, radius), fill=fill)

    def ring(self, x: float, y: float, radius: float, colour: Colour, width: float) -> None:
        """A circle's line, `width` units wide, inside `radius`."""
        self.draw.ellipse(
            self._box(x, y, radius), outline=colour, width=max(1, round(width * self.scale))
        )

    def slice(
        self, x: float, y: float, radius: float, start: float, end: float, fill: Colour
    ) -> None:
        """A piece of a pie; degrees clockwise from three o'clock."""
        self.draw.pieslice(self._box(x, y, radius), start, end, fill=fill)

    def rectangle(self, x: float, y: float, width: float, height: float, fill: Colour) -> None:
        left, top = self._at(x, y)
        right, bottom = self._at(x + width, y + height)
        self.draw.rectangle((left, top, right - 1, bottom - 1), fill=fill)

    def fresh(self, colour: Colour = "#ffffff") -> "Sheet":
        """An empty sheet of the same size, for a second ink."""
        other = object.__new__(Sheet)
        other.width, other.height, other.scale = self.width, self.height, self.scale
        other.image = Image.new("RGB", self.image.size, colour)
        other.draw = ImageDraw.Draw(other.image)
        return other

    def overprint(self, other: "Sheet") -> None:
        """Print another sheet's ink over this one: colours multiply, as on a press."""
        self._take(ImageChops.multiply(self.image, other.image))

    def mount(self, margin: float, paper: Colour) -> None:
        """Cover the edges with paper, so that the picture keeps a white border of `margin` units."""
        self.rectangle(0, 0, self.width, margin, paper)
        self.rectangle(0, self.height - margin, self.width, margin + 1, paper)
        self.rectangle(0, 0, margin, self.height, paper)
        self.rectangle(self.width - margin, 0, margin + 1, self.height, paper)

    def finished(self) -> Image.Image:
        """The picture at its final size."""
        return self.image.reduce(SMOOTH)

    def _take(self, image: Image.Image) -> None:
        self.image, self.draw = image, ImageDraw.Draw(image)

    def _at(self, x: float, y: float) -> Point:
        return x * self.scale, y * self.scale

    def _box(self, x: float, y: float, radius: float) -> tuple[float, float, float, float]:
        s = self.scale
        return (x - radius) * s, (y - radius) * s, (x + radius) * s, (y + radius) * s

    def _pixels(self, width: float, height: float) -> tuple[int, int]:
        even = 2 * SMOOTH
        return tuple(even * round(side * self.scale / even) for side in (width, height))  # type: ignore[return-value]  # two sides, two numbers


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """The colour between two, `share` 0 to 1 of the way to the other."""
    a, b = ([int(colour[n : n + 2], 16) for n in (1, 3, 5)] for colour in (one, other))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a, b, strict=True))


def smooth(points: Sequence[Point], steps: int = 8, closed: bool = True) -> list[Point]:
    """A soft curve through the points (Catmull-Rom)."""
    count = len(points)
    found: list[Point] = []
    for i in range(count if closed else count - 1):
        near = [
            points[(i + k) % count if closed else min(max(i + k, 0), count - 1)]
            for k in (-1, 0, 1, 2)
        ]
        found += [(_spline(near, 0, n / steps), _spline(near, 1, n / steps)) for n in range(steps)]
    return found if closed else [*found, points[-1]]


def _spline(near: Sequence[Point], axis: int, t: float) -> float:
    a, b, c, d = (point[axis] for point in near)
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3
    )


def turn(point: Point, angle: float, centre: Point = (0.0, 0.0)) -> Point:
    """`point` turned by `angle` (radians) around `centre`."""
    x, y = point[0] - centre[0], point[1] - centre[1]
    cos, sin = math.cos(angle), math.sin(angle)
    return centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos
