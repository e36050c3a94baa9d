"""The render stage: one result becomes a file on disk for each format, with its checksum and what it says of itself."""

import hashlib
import logging
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from core.artifacts.file_names import artifact_file_name
from core.domain.artifact import Rendering
from core.domain.result import Result, ResultHead
from core.domain.shown import shown_result
from core.render.chart_images import NOT_DRAWN
from core.render.charts import build_figure
from core.render.renderer import ChartImage, Renderer

if TYPE_CHECKING:
    import plotly.graph_objects as go

logger = logging.getLogger(__name__)

#: A chart of more points says nothing more; it says so where it stops.
MAX_CHART_ROWS = 5000
#: What a report says whose chart does not fit its result.
NOT_BUILT = "The chart is missing: it does not fit this result."
#: CSS pixels. On the width of an A4 page the labels of 12 pixels come out at 7.7 points.
_CHART_SIZE = (820, 360)
_CHART_SCALE = 3


class Drawer(Protocol):
    """Turns a figure into a picture; `core.render.chart_images.ChartRenderer` is one."""

    @property
    def reason(self) -> str | None:
        """Why the last picture is missing, as a sentence."""
        ...

    def png(self, figure: "go.Figure", *, width: int, height: int, scale: float = 2.0) -> ChartImage | None:
        """Return the picture, or None and then `reason` says why."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A result's chart as the renderers take it; `note` says why it is missing or what it leaves out."""

    image: ChartImage | None = None
    missing: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFile:
    """A finished file in a temporary place."""

    format: str
    file_name: str
    media_type: str
    path: Path
    sha256: str
    size_bytes: int
    rendering: Rendering


def draw_picture(result: Result, drawer: Drawer, *, accent: str | None = None) -> Picture:
    """Draw a result's chart once for all formats, in the organization's colour; an empty picture where it has none."""
    head = result.head
    if head.chart is None:
        return Picture()
    table = first_rows(result, MAX_CHART_ROWS)
    try:
        figure = build_figure(head.columns, head.chart, table, accent=accent)
    except Exception:
        # The rows are right whatever the chart makes of them: the report goes out and says what it lacks.
        logger.exception("chart_not_built report=%s", head.report_id)
        return Picture(missing=NOT_BUILT)
    width, height = _CHART_SIZE
    image = drawer.png(figure, width=width, height=height, scale=_CHART_SCALE)
    note = None
    if image is not None and head.rows_delivered > MAX_CHART_ROWS:
        note = f"The chart shows the first {MAX_CHART_ROWS:,} of {head.rows_delivered:,} rows."
    return Picture(
        image=image,
        missing=(drawer.reason or NOT_DRAWN) if image is None else None,
        note=note,
    )


def render_file(result: Result, renderer: Renderer, folder: Path, picture: Picture) -> RenderedFile:
    """Write one format into `folder`, without hidden columns; raises RenderError."""
    path = place_of(renderer, folder)
    return finished_file(result.head, renderer, path, write_file(result, renderer, path, picture))


def place_of(renderer: Renderer, folder: Path) -> Path:
    """Where in `folder` the file of a renderer is written."""
    return folder / f"{renderer.format}.{renderer.extension}"


def write_file(result: Result, renderer: Renderer, path: Path, picture: Picture, *, lasts: bool = False) -> Rendering:
    """Write one format to `path`, without hidden columns; raises RenderError.

    `lasts`: it is to be there after a power cut; a file that is stored in a moment need not.
    """
    with path.open("w+b") as target:
        rendering = renderer.render(shown_result(result), target, chart=picture.image, chart_note=picture.missing)
        target.flush()
        if lasts:
            os.fsync(target.fileno())
    return replace(rendering, notes=(*rendering.notes, picture.note)) if picture.note else rendering


def finished_file(head: ResultHead, renderer: Renderer, path: Path, rendering: Rendering) -> RenderedFile:
    """What there is to say of a file that was written."""
    return described_file(
        path,
        format=renderer.format,
        file_name=artifact_file_name(head.title, head.period, renderer.extension),
        media_type=renderer.media_type,
        rendering=rendering,
    )


def described_file(
    path: Path,
    *,
    format: str,  # noqa: A002 - the domain's word
    file_name: str,
    media_type: str,
    rendering: Rendering,
) -> RenderedFile:
    """The file at `path` with its checksum and size."""
    with path.open("rb") as written:
        sha256 = hashlib.file_digest(written, "sha256").hexdigest()
    return RenderedFile(
        format=format,
        file_name=file_name,
        media_type=media_type,
        path=path,
        sha256=sha256,
        size_bytes=path.stat().st_size,
        rendering=rendering,
    )


def first_rows(result: Result, count: int) -> pa.Table:
    """Return up to `count` rows from the front of a result whose batches may be iterated again."""
    batches, rows = [], 0
    for batch in result.batches:
        batches.append(batch.slice(0, count - rows))
        rows += batches[-1].num_rows
        if rows >= count:
            break
    if not batches:
        return pa.table({column.key: pa.array([], pa.string()) for column in result.head.columns})
    return pa.Table.from_batches(batches)


def words_about(file: RenderedFile) -> str:
    """Return what a person should know about a file: its name, rows, and every change that was made to a cell."""
    parts = [f"{file.file_name}: {file.rendering.rows:,} rows."]
    for label, changes in file.rendering.altered.items():
        parts += [f"{label}: {count:,} cells {reason}." for reason, count in changes.items()]
    return " ".join([*parts, *file.rendering.notes])
