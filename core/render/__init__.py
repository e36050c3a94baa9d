"""Renderers: one file a format and this registry; a new format is one new file plus one line here."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from core.errors import InvalidInput
from core.render.renderer import Renderer


class _Registry(Mapping[str, Renderer]):
    """Renderers by format. One is loaded when it is first asked for: what a start waits for is not fonts."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places
        self._loaded: dict[str, Renderer] = {}

    def __getitem__(self, key: str) -> Renderer:
        if key not in self._loaded:
            module, name = self._places[key].split(":")
            # Two threads at once load the same class; whichever instance is kept, renderers hold no state.
            self._loaded.setdefault(key, getattr(import_module(module), name)())
        return self._loaded[key]

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


#: Format key -> renderer, in the order people are offered them.
RENDERERS: Mapping[str, Renderer] = _Registry(
    {
        "csv": "core.render.csv_renderer:CsvRenderer",
        "xlsx": "core.render.xlsx_renderer:XlsxRenderer",
        "pdf": "core.render.pdf_renderer:PdfRenderer",
        "html": "core.render.html_renderer:HtmlRenderer",
        "jsonl": "core.render.jsonl_renderer:JsonLinesRenderer",
        "parquet": "core.render.parquet_renderer:ParquetRenderer",
    }
)


def renderer_for(format: str) -> Renderer:  # noqa: A002 - the word of definitions and API
    """Return the renderer of `format`. Raises InvalidInput naming the formats there are."""
    try:
        return RENDERERS[format]
    except KeyError:
        raise InvalidInput(
            f"There is no format {format!r}. Choose one of {', '.join(RENDERERS)}.", place="format"
        ) from None
