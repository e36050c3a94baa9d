"""Charts as pictures to keep: the figure of the screen, the PDF and the mail, as PNG or SVG."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from core.access.policy import require
from core.artifacts.file_names import artifact_file_name
from core.domain.access import Permission, Principal
from core.domain.parameters import parse_parameters
from core.errors import ChartNotDrawn, InvalidInput, NotFound
from core.render.chart_images import ChartRenderer
from core.services.reports import ReportService

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: Format -> media type, in the order people are offered them.
CHART_FORMATS = {"png": "image/png", "svg": "image/svg+xml"}
#: CSS pixels; PNGs have three times as many each way.
_WIDTH, _HEIGHT, _SCALE = 820, 400, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartFile:
    """A picture with its name."""

    file_name: str
    media_type: str
    content: bytes


class ChartService:
    """What people do with charts beside looking at them."""

    def __init__(self, reports: ReportService, drawer: ChartRenderer) -> None:
        """`drawer` starts its browser with the first picture."""
        self._reports = reports
        self._drawer = drawer

    def picture(
        self,
        principal: Principal,
        report_id: UUID,
        format: str,  # noqa: A002 - the domain's word
        *,
        version: int | None = None,
        parameters: dict[str, object] | None = None,
    ) -> ChartFile:
        """Return a saved report's chart, drawn now.

        `parameters` as in previews. Raises NotFound where the report has no chart, ChartNotDrawn where there is no
        browser to draw with, and what a preview raises.
        """
        require(principal, Permission.MANAGE_EXPORTS)
        if format not in CHART_FORMATS:
            raise InvalidInput(f"A chart is made as {' or '.join(CHART_FORMATS)}, not {format!r}.", place="format")
        report = self._reports.get(principal, report_id, version=version)
        given = parse_parameters(report.definition, parameters or {})
        figure = self._reports.figure(principal, report.definition, parameters=given)
        if figure is None:
            raise NotFound("This report has no chart. Give it one in the builder.")
        content = self._drawn(figure, format)
        if content is None:
            raise ChartNotDrawn(self._drawer.reason)
        name = artifact_file_name(report.name, None, format)
        return ChartFile(file_name=name, media_type=CHART_FORMATS[format], content=content)

    def close(self) -> None:
        """Stop the browser."""
        self._drawer.close()

    def _drawn(self, figure: "go.Figure", format: str) -> bytes | None:  # noqa: A002
        if format == "svg":
            return self._drawer.svg(figure, width=_WIDTH, height=_HEIGHT)
        image = self._drawer.png(figure, width=_WIDTH, height=_HEIGHT, scale=_SCALE)
        return None if image is None else image.png
