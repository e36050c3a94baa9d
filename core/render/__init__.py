"""Renderers: one file a format and this registry; a new format is one new file plus one line here."""

from collections.abc import Mapping

from core.errors import InvalidInput
from core.registry import LazyRegistry
from core.render.renderer import Renderer

#: Format key -> renderer, in the order people are offered them.
RENDERERS: Mapping[str, Renderer] = LazyRegistry(
    {
        "csv": "core.render.csv_renderer:CsvRenderer",
        "xlsx": "core.render.xlsx_renderer:XlsxRenderer",
        "pdf": "core.render.pdf_renderer:PdfRenderer",
        "html": "core.render.html_renderer:HtmlRenderer",
        "jsonl": "core.render.jsonl_renderer:JsonLinesRenderer",
        "parquet": "core.render.parquet_renderer:ParquetRenderer",
        "markdown": "core.render.markdown_renderer:MarkdownRenderer",
    },
    make=lambda renderer: renderer(),
)


def renderer_for(format: str) -> Renderer:  # noqa: A002 - the word of definitions and API
    """Return the renderer of `format`. Raises InvalidInput naming the formats there are."""
    try:
        return RENDERERS[format]
    except KeyError:
        raise InvalidInput(
            f"There is no format {format!r}. Choose one of {', '.join(RENDERERS)}.", place="format"
        ) from None
