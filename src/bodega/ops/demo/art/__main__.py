"""`python -m bodega.ops.demo.art [SLUG …]`: draw the prints anew into `pictures/`."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bodega.ops.demo.art.drawing import draw, save
from bodega.ops.demo.art.wall import hang
from bodega.ops.demo.prints import Print, prints

FOLDER = Path(__file__).parents[1] / "pictures"


def main() -> None:
    """Draw the named prints, or all of them, each with its picture on a wall."""
    wanted = [item for item in prints() if len(sys.argv) < 2 or item.slug in sys.argv[1:]]
    FOLDER.mkdir(exist_ok=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for item, size in zip(wanted, pool.map(produce, wanted), strict=True):
            print(f"{size / 1000:7.0f} kB  {item.slug}", flush=True)


def produce(item: Print) -> int:
    """Draw one print and its view on a wall; bytes of both files."""
    picture = draw(item)
    return save(picture, FOLDER / f"{item.slug}.webp") + save(
        hang(picture, item), FOLDER / f"{item.slug}-wall.webp"
    )


if __name__ == "__main__":
    main()
