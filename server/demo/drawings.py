"""The pictures of the demonstration: drawn by code, so that they show nobody and belong to nobody."""

import io
from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw

SIZE = (960, 720)
SKY, SAND, METAL, WATER, WALL, INK = "#b9d4e6", "#d9c39a", "#5d6b73", "#2f7fb5", "#f4efe4", "#26323a"


def drawn(what: str) -> bytes:
    """A PNG, as a telephone might send it."""
    image = Image.new("RGB", SIZE, SKY)
    DRAWINGS[what](ImageDraw.Draw(image))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _water_point(pen: ImageDraw.ImageDraw) -> None:
    """Two taps at a tank, and jerrycans in a line."""
    pen.rectangle((0, 500, 960, 720), fill=SAND)
    pen.rectangle((120, 140, 420, 380), fill=WATER, outline=INK, width=6)
    for leg in (140, 380):
        pen.rectangle((leg, 380, leg + 20, 540), fill=METAL)
    pen.rectangle((420, 330, 700, 350), fill=METAL)
    for tap in (520, 640):
        pen.rectangle((tap, 350, tap + 16, 420), fill=METAL)
        pen.ellipse((tap, 425, tap + 16, 455), fill=WATER)
    for number, colour in enumerate(("#e0b43b", "#c8553d", "#e0b43b", "#4f8a5b", "#e0b43b")):
        left = 480 + number * 90
        pen.rounded_rectangle((left, 520, left + 64, 630), 10, fill=colour, outline=INK, width=4)
        pen.rectangle((left + 18, 500, left + 40, 520), fill=colour, outline=INK, width=4)


def _clinic_card(pen: ImageDraw.ImageDraw) -> None:
    """The front of a card: a red frame, lines to fill in, a box for the stamp. It is nobody's."""
    pen.rectangle((0, 0, 960, 720), fill=METAL)
    pen.rounded_rectangle((90, 110, 870, 610), 26, fill=WALL, outline="#b5403a", width=14)
    pen.rectangle((140, 175, 160, 255), fill="#b5403a")
    pen.rectangle((110 + 10, 205, 180, 225), fill="#b5403a")
    pen.rectangle((220, 190, 640, 232), fill=INK)
    for line in range(5):
        top = 320 + line * 52
        pen.line((140, top, 560, top), fill=INK, width=4)
    pen.rectangle((620, 310, 810, 530), outline=INK, width=5)
    pen.ellipse((650, 350, 780, 480), outline="#3a62b5", width=8)


def _list_with_a_price(pen: ImageDraw.ImageDraw) -> None:
    """A sheet on a wall with lines for names, and a banknote held to one of them."""
    pen.rectangle((0, 0, 960, 720), fill=SAND)
    pen.polygon(((250, 70), (690, 90), (670, 650), (230, 630)), fill=WALL, outline=INK)
    for line in range(9):
        top = 150 + line * 52
        pen.rectangle((290, top, 310, top + 20), outline=INK, width=3)
        pen.line((330, top + 16, 600 - 20 * (line % 3), top + 18), fill=INK, width=5)
    pen.rectangle((480, 380, 800, 510), fill="#9cc08a", outline="#3f5f3a", width=6)
    pen.ellipse((595, 400, 685, 490), outline="#3f5f3a", width=6)
    pen.rectangle((740, 470, 960, 620), fill="#2f5fb5")


DRAWINGS: Mapping[str, Callable[[ImageDraw.ImageDraw], None]] = {
    "water point": _water_point,
    "clinic card": _clinic_card,
    "list with a price": _list_with_a_price,
}
