"""Workbooks in tests: written with options, read back with openpyxl."""

import io
import warnings
import zipfile

import openpyxl

from core.domain.artifact import Rendering
from core.domain.branding import Branding
from core.domain.file_options import FileOptions, XlsxOptions
from core.domain.result import Result
from core.render.renderer import Wishes
from core.render.xlsx_renderer import XlsxRenderer

# a PNG of one pixel
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def wished(branding: Branding = Branding(), **options: bool) -> Wishes:
    return Wishes(options=FileOptions(xlsx=XlsxOptions(**options)), branding=branding)


def written(result: Result, renderer: XlsxRenderer | None = None, **more: object) -> tuple[bytes, Rendering]:
    target = io.BytesIO()
    rendering = (renderer or XlsxRenderer()).render(result, target, **more)
    return target.getvalue(), rendering


def workbook(content: bytes) -> openpyxl.Workbook:
    """Whatever a reader finds odd is an error, but for the extension of bars, which this one cannot read."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="Conditional Formatting extension is not supported")
        return openpyxl.load_workbook(io.BytesIO(content))


def part(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read(name).decode()


def cover_texts(content: bytes) -> str:
    return "\n".join(str(cell.value) for row in workbook(content)["About"].iter_rows() for cell in row if cell.value)
