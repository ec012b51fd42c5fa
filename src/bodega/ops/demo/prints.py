"""The 36 prints as they are described in `prints.json`, and what follows from shape, size and tier."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Shape = Literal["portrait", "landscape", "square"]

SHEETS = ("A4 · 21 × 30 cm", "A3 · 30 × 42 cm", "A2 · 42 × 59 cm")
SQUARES = ("20 × 20 cm", "30 × 30 cm", "50 × 50 cm")
FRAMES = ("No frame", "Oak frame", "Black frame")
# Euro cents and grams for small, medium, large.
PRINT_PRICES = (1900, 2900, 4400)
FRAME_PRICES = {
    "No frame": (0, 0, 0),
    "Oak frame": (3200, 4200, 5900),
    "Black frame": (2900, 3900, 5500),
}
PRINT_WEIGHTS = (180, 240, 380)
FRAME_WEIGHTS = (720, 1350, 2600)
TIER_STEP = 500  # cents more for each tier above the first
REDUCED = 0.8  # of the former price, for prints on sale
# What the picture shows, for people who cannot see it.
MOTIFS = {
    "flow": "fine lines that follow a current",
    "contour": "contour lines of a hill, as on a map",
    "depths": "bands of a sea chart, from the beach to the deep",
    "ridges": "a mountain ridge made of horizontal lines",
    "dawn": "mountain ridges one behind the other at dawn",
    "constructs": "a large circle held by slanted bars and a wedge",
    "quarters": "a grid of quarter circles and leaves",
    "stones": "seven stacked stones of cut paper before a pale disc",
    "arches": "rounded arches that lean on each other under a sun",
    "leaf": "a lobed leaf, its shadow and a fig",
    "suns": "hills in layers under a low sun",
    "fern": "a fern frond with many fine leaves",
    "umbel": "three umbels of wild carrot, drawn in fine lines",
    "branch": "red branches before a pale sun",
    "sunflower": "a spiral of dots like the seeds of a sunflower",
    "dandelion": "the seed head of a dandelion, three seeds flying off",
    "truchet": "winding bands made of one repeated tile",
    "window": "a pointed window of coloured glass",
    "ice": "pale irregular panes of ice with white seams",
    "ripples": "two sets of overlapping rings that flicker",
    "haze": "overlapping wavering lines that flicker",
    "letter": "a page of invented letters with a large initial",
    "signs": "coloured boards with invented letters",
}
MATERIALS = (
    "Printed to order with pigment inks on 230 g cotton paper, with a narrow white margin.\n\n"
    "- Rated for more than 80 years behind glass\n"
    "- Unframed prints travel rolled in a tube, framed ones flat\n"
    "- Frames are solid wood with an acid-free mat and real glass, ready to hang"
)


@dataclass(frozen=True, slots=True)
class Print:
    """One of the prints. `seed` and `palette` decide how it is drawn, `tier` (1 to 3) its price."""

    slug: str
    title: str
    artist: str
    family: str
    seed: int
    shape: Shape
    palette: str
    category: str
    style: str
    colours: tuple[str, ...]
    tier: int
    text: str
    edition: str = "open"

    @property
    def is_limited(self) -> bool:
        return self.edition == "limited"

    @property
    def sizes(self) -> tuple[str, str, str]:
        return SQUARES if self.shape == "square" else SHEETS

    @property
    def alt(self) -> str:
        """What the picture shows, in words."""
        colours = " and ".join(colour.lower() for colour in self.colours[:2])
        return f"{self.title}: {MOTIFS[self.family]}, mostly {colours}"

    @property
    def description(self) -> str:
        """Markdown."""
        limited = (
            "\n\n**Limited edition**, pulled by hand, numbered and signed."
            if self.is_limited
            else ""
        )
        return f"{self.text}{limited}\n\n{MATERIALS}"

    def price(self, size: int, frame: str) -> int:
        """Cents for the small (0), medium (1) or large (2) print in a frame."""
        edition = 2500 if self.is_limited else 0
        return (
            PRINT_PRICES[size] + (self.tier - 1) * TIER_STEP + edition + FRAME_PRICES[frame][size]
        )

    @staticmethod
    def weight(size: int, frame: str) -> int:
        """Grams, packing included."""
        return PRINT_WEIGHTS[size] + (FRAME_WEIGHTS[size] if frame != "No frame" else 0)


@cache
def prints() -> tuple[Print, ...]:
    """All of them, in the order in which they came into the shop."""
    rows = json.loads((files("bodega.ops.demo") / "prints.json").read_text("utf-8"))
    return tuple(Print(**{**row, "colours": tuple(row["colours"])}) for row in rows)
