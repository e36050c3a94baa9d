"""Logos: reading an uploaded picture and keeping it as a plain PNG of a sensible size."""

import io
import warnings

from PIL import Image, ImageOps

from core.domain.branding import Logo
from core.errors import InvalidInput

MAX_LOGO_BYTES = 2_000_000
#: A picture unpacks to four bytes a pixel: 64 MB at most.
MAX_PIXELS = 16_000_000
#: Pixels a logo is kept in; enough for print at the size of a masthead.
KEPT_WIDTH, KEPT_HEIGHT = 1200, 400
_FORMATS = ("PNG", "JPEG")


def read_logo(content: bytes) -> Logo:
    """Return a PNG or JPEG as a logo, turned as its camera said, without metadata. Raises InvalidInput."""
    if len(content) > MAX_LOGO_BYTES:
        raise _unfit(f"A logo has up to {MAX_LOGO_BYTES // 1_000_000} MB; this one has {len(content) / 1e6:.1f} MB.")
    try:
        with warnings.catch_warnings():
            # Ours is the limit that counts; Pillow warns from 89 million pixels on.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=_FORMATS)
        _check_size(picture)
        return _kept(ImageOps.exif_transpose(picture))
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise _unfit("This is no PNG or JPEG picture that can be read.") from error


def _check_size(picture: Image.Image) -> None:
    """Before anything is unpacked: the size stands in the first bytes."""
    if picture.width * picture.height > MAX_PIXELS:
        raise _unfit(
            f"A logo has up to {MAX_PIXELS // 1_000_000} million pixels; "
            f"this one is {picture.width:,} by {picture.height:,}."
        )


def _kept(picture: Image.Image) -> Logo:
    # A single colour can be marked as transparent in pictures without an alpha channel.
    has_alpha = picture.has_transparency_data
    plain = picture.convert("RGBA" if has_alpha else "RGB")
    plain.thumbnail((KEPT_WIDTH, KEPT_HEIGHT), Image.Resampling.LANCZOS)
    # A picture of its own: what the file said beside its pixels (place, profile, comments) stays behind.
    clean = Image.new(plain.mode, plain.size)
    clean.paste(plain)
    target = io.BytesIO()
    clean.save(target, "PNG", optimize=True)
    return Logo(png=target.getvalue(), width=clean.width, height=clean.height)


def _unfit(message: str) -> InvalidInput:
    return InvalidInput(message, place="logo")
