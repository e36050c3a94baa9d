"""Pictures keep their pixels and lose everything else."""

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from core.render.plain_png import plain_png


def png_of(pixels: np.ndarray, mode: str, comment: str) -> bytes:
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", comment)
    target = io.BytesIO()
    Image.fromarray(pixels, mode).save(target, "PNG", pnginfo=told)
    return target.getvalue()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (40, 3), (300, 500)])
def test_the_same_pixels_give_the_same_bytes_and_come_back(height: int, width: int) -> None:
    pixels = np.random.default_rng(7).integers(0, 256, (height, width, 4), np.uint8)
    pixels[..., 3] = 255
    one, other = (plain_png(png_of(pixels, "RGBA", comment)) for comment in ("a", "b"))
    assert (one.png, one.width, one.height) == (other.png, width, height)
    with Image.open(io.BytesIO(one.png)) as read:
        read.verify()
    with Image.open(io.BytesIO(one.png)) as read:
        assert (read.mode, read.info) == ("RGB", {})
        assert np.array_equal(np.asarray(read), pixels[..., :3])
