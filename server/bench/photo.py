"""A photo as large as telephones take them."""

import io
import random

from PIL import Image

WIDTH, HEIGHT = 4000, 3000


def photo(quality: int = 70) -> bytes:
    """Twelve megapixels of grain, which compress badly: a JPEG of about five megabytes, at quality 40 of three."""
    quarter = (WIDTH // 2, HEIGHT // 2)
    grain = Image.frombytes("RGB", quarter, random.Random(5).randbytes(quarter[0] * quarter[1] * 3))  # noqa: S311
    out = io.BytesIO()
    grain.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).save(out, "JPEG", quality=quality)
    return out.getvalue()
