"""Renderers: one file a format and this registry; a new format is one new file plus one line here."""

from core.errors import InvalidInput
from core.render.csv_renderer import CsvRenderer
from core.render.html_renderer import HtmlRenderer
from core.render.pdf_renderer import PdfRenderer
from core.render.renderer import Renderer
from core.render.xlsx_renderer import XlsxRenderer

#: Format key -> renderer, in the order people are offered them.
RENDERERS: dict[str, Renderer] = {
    renderer.format: renderer for renderer in (CsvRenderer(), XlsxRenderer(), PdfRenderer(), HtmlRenderer())
}


def renderer_for(format: str) -> Renderer:  # noqa: A002 - the word of definitions and API
    """Return the renderer of `format`. Raises InvalidInput naming the formats there are."""
    try:
        return RENDERERS[format]
    except KeyError:
        raise InvalidInput(
            f"There is no format {format!r}. Choose one of {', '.join(RENDERERS)}.", place="format"
        ) from None
