"""A print as it hangs at home: frame, mat, wall, light from the left, a sideboard below."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bodega.ops.demo.art.canvas import mix
from bodega.ops.demo.prints import Print

SIZE = (1000, 1250)  # pixels
WALLS = ("#e9e3d8", "#dfe3df", "#e6ddd3", "#d9dee2", "#ece7de")
OAK, MAT = "#b58a57", "#fbf9f4"
WOODS = ("#7c5536", "#a87b4f", "#5d4130", "#c49a6a")
LONG = {"portrait": 640, "landscape": 640, "square": 540}  # of the picture, in pixels
FRAME, BORDER = 15, 46


def hang(picture: Image.Image, item: Print) -> Image.Image:
    """The framed print on a wall."""
    random = Random(item.seed)  # noqa: S311 - the wall's colour
    scene = _wall(random.choice(WALLS))
    _sideboard(scene, random)
    width, height = _fitted(picture, LONG[item.shape])
    outer = (width + 2 * (FRAME + BORDER), height + 2 * (FRAME + BORDER))
    left, top = (SIZE[0] - outer[0]) // 2, max(60, (930 - outer[1]) // 2)
    _shadow(scene, (left, top, left + outer[0], top + outer[1]))
    scene.paste(
        _framed(picture.resize((width, height), Image.Resampling.LANCZOS), outer, random),
        (left, top),
    )
    return scene


def _fitted(picture: Image.Image, long: int) -> tuple[int, int]:
    scale = long / max(picture.size)
    return round(picture.width * scale), round(picture.height * scale)


def _wall(colour: str) -> Image.Image:
    """A plain wall, a little brighter where the window is."""
    light = Image.radial_gradient("L").resize((2200, 2000)).crop((700, 750, 1700, 2000))
    bright, dim = (
        Image.new("RGB", SIZE, mix(colour, *shade))
        for shade in (("#ffffff", 0.35), ("#5b5348", 0.16))
    )
    return Image.composite(dim, bright, light.point(lambda value: min(255, int(value * 1.25))))


def _sideboard(scene: Image.Image, random: Random) -> None:
    """The upper edge of a piece of furniture, with a vase or some books on it."""
    draw = ImageDraw.Draw(scene)
    wood = random.choice(WOODS)
    top = 1130
    draw.rectangle((0, top, SIZE[0], SIZE[1]), fill=wood)
    draw.rectangle((0, top, SIZE[0], top + 7), fill=mix(wood, "#ffffff", 0.28))
    draw.rectangle((0, top + 26, SIZE[0], top + 29), fill=mix(wood, "#000000", 0.35))
    for x in (333, 667):
        draw.rectangle((x, top + 29, x + 2, SIZE[1]), fill=mix(wood, "#000000", 0.3))
    place = random.choice((150, 800))
    (_vase if random.random() < 0.55 else _books)(scene, place, top, random)


def _vase(scene: Image.Image, x: int, floor: int, random: Random) -> None:
    colour = random.choice(("#3d4f4a", "#b9a58c", "#8f4a36", "#f2eee6", "#31445c"))
    big = Image.new("L", (400, 720), 0)
    draw = ImageDraw.Draw(big)
    draw.ellipse((90, 380, 310, 716), fill=255)
    draw.rectangle((160, 300, 240, 460), fill=255)
    draw.ellipse((150, 286, 250, 314), fill=255)
    shape = big.resize((100, 180), Image.Resampling.LANCZOS)
    shade = Image.linear_gradient("L").rotate(90).resize((100, 180))
    body = Image.composite(
        Image.new("RGB", shape.size, mix(colour, "#ffffff", 0.18)),
        Image.new("RGB", shape.size, mix(colour, "#000000", 0.28)),
        shade,
    )
    scene.paste(body, (x - 50, floor - 178), shape)


def _books(scene: Image.Image, x: int, floor: int, random: Random) -> None:
    draw = ImageDraw.Draw(scene)
    colours = ["#8f4a36", "#31445c", "#d9cdb8", "#3d4f4a", "#c99a4b", "#e9e2d4"]
    random.shuffle(colours)
    y = floor
    for n, colour in enumerate(colours[: random.randint(2, 3)]):
        thick, half = random.randint(20, 30), 92 - 9 * n - random.randint(0, 8)
        y -= thick
        draw.rectangle((x - half, y, x + half, y + thick - 1), fill=colour)
        draw.rectangle((x - half, y, x + half, y + 2), fill=mix(colour, "#ffffff", 0.25))


def _shadow(scene: Image.Image, box: tuple[int, int, int, int]) -> None:
    """Soft, towards the lower right: the window is on the left."""
    for offset, blur, depth in (((20, 30), 26, 95), ((4, 6), 5, 80)):
        mask = Image.new("L", SIZE, 0)
        moved = tuple(side + offset[n % 2] for n, side in enumerate(box))
        ImageDraw.Draw(mask).rectangle(moved, fill=depth)
        scene.paste(
            Image.new("RGB", SIZE, "#2b241c"), (0, 0), mask.filter(ImageFilter.GaussianBlur(blur))
        )


def _framed(picture: Image.Image, outer: tuple[int, int], random: Random) -> Image.Image:
    """Oak, mat with a bevel, the print."""
    frame = Image.new("RGB", outer, OAK)
    narrow = (outer[0] // 24 + 1, outer[1])
    specks = Image.frombytes("L", narrow, random.randbytes(narrow[0] * narrow[1]))
    grain = specks.resize(outer, Image.Resampling.BICUBIC).point(lambda value: 226 + value // 9)
    frame = ImageChops.multiply(frame, Image.merge("RGB", [grain] * 3))
    draw = ImageDraw.Draw(frame)
    width, height = outer
    draw.rectangle((0, 0, width, 1), fill=mix(OAK, "#ffffff", 0.4))
    draw.rectangle((0, 0, 1, height), fill=mix(OAK, "#ffffff", 0.3))
    draw.rectangle(
        (FRAME - 2, FRAME - 2, width - FRAME + 1, height - FRAME + 1), fill=mix(OAK, "#000000", 0.5)
    )
    draw.rectangle((FRAME, FRAME, width - FRAME - 1, height - FRAME - 1), fill=MAT)
    draw.rectangle((FRAME, FRAME, width - FRAME - 1, FRAME + 7), fill=mix(MAT, "#5b5348", 0.18))
    inner = FRAME + BORDER
    draw.rectangle(
        (inner - 2, inner - 2, width - inner + 1, height - inner + 1),
        fill=mix(MAT, "#5b5348", 0.25),
    )
    frame.paste(picture, (inner, inner))
    return frame
