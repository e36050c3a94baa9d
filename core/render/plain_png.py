"""PNG files of pictures, without metadata: the same pixels give the same bytes."""

import io
import struct
import zlib

import numpy as np
from isal import isal_zlib

from core.render.renderer import ChartImage

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP = 2  #: the filter that writes each row as its difference from the one above: charts are mostly alike downwards
#: A tenth of the time of zlib's usual level, for a file a sixth larger.
_LEVEL = 2


def plain_png(raw: bytes) -> ChartImage:
    """A browser's PNG, which is opaque, with the same pixels and nothing else (PNG, third edition, 5 and 9)."""
    from PIL import Image

    with Image.open(io.BytesIO(raw)) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    height, width, _ = pixels.shape
    rows = pixels.reshape(height, -1)
    filtered = np.empty((height, rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = isal_zlib.compress(filtered, _LEVEL)
    png = _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", content) + _chunk(b"IEND", b"")
    return ChartImage(png=png, width=width, height=height)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
