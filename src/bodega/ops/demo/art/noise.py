"""Smooth random landscapes: value noise in several octaves, the same for the same seed."""

import math
from random import Random

SIZE = 64  # the lattice repeats after so many cells; no sheet is that large


class Noise:
    """A smooth function of the plane with values around 0, about −1 to 1."""

    def __init__(self, random: Random, octaves: int = 3) -> None:
        self.octaves = octaves
        self.lattice = [random.uniform(-1, 1) for _ in range(SIZE * SIZE)]

    def __call__(self, x: float, y: float) -> float:
        total, weight, reach = 0.0, 1.0, 0.0
        for _ in range(self.octaves):
            total += weight * self._once(x, y)
            reach += weight
            x, y, weight = 2 * x + 17.3, 2 * y + 5.1, weight / 2
        return total / reach * 1.4

    def _once(self, x: float, y: float) -> float:
        left, top = math.floor(x), math.floor(y)
        u, v = _ease(x - left), _ease(y - top)
        row, below = top % SIZE * SIZE, (top + 1) % SIZE * SIZE
        a, b = self.lattice[row + left % SIZE], self.lattice[row + (left + 1) % SIZE]
        c, d = self.lattice[below + left % SIZE], self.lattice[below + (left + 1) % SIZE]
        upper, lower = a + (b - a) * u, c + (d - c) * u
        return upper + (lower - upper) * v


def _ease(t: float) -> float:
    return t * t * t * (t * (6 * t - 15) + 10)
