"""Addresses as pictures that a telephone reads."""

import segno
from markupsafe import Markup


def qr(address: str) -> Markup:
    """A picture that a telephone reads, as SVG inside the page."""
    drawn = segno.make(address, error="m").svg_inline(scale=3, omitsize=True, svgclass="qr", lineclass=None)
    return Markup(drawn)
