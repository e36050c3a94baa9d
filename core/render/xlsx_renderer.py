"""XLSX: typed, formatted cells behind a cover sheet, streamed in flat memory; rows past a sheet's end go on."""

from collections.abc import Iterable
from typing import BinaryIO

from core.domain.artifact import Rendering
from core.domain.result import Result
from core.domain.shown import shown_result
from core.errors import RenderError
from core.render.renderer import ChartImage, Renderer, Wishes
from core.render.xlsx.sheet import MOST_ROWS
from core.render.xlsx.workbook import Pictures, Workbook

_ROWS = "Rows"  #: the sheet of a workbook's only report


class XlsxRenderer:
    """Writes workbooks. `rows_per_sheet` is a multiple of the chunk size or smaller than it."""

    format = "xlsx"
    label = "Excel"
    extension = "xlsx"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    takes_chart = True

    def __init__(self, *, rows_per_sheet: int = MOST_ROWS, wishes: Wishes | None = None) -> None:
        self._rows_per_sheet = rows_per_sheet
        self._wishes = wishes or Wishes()

    def fitted(self, wishes: Wishes) -> Renderer:
        """With a cover or rows first, totals as formulas, the organization's colour and logo; or a template, filled."""
        if wishes.template is not None:
            from core.render.xlsx.template import TemplateRenderer  # openpyxl, which only templates should pay

            return TemplateRenderer(wishes.template, branding=wishes.branding)
        return XlsxRenderer(rows_per_sheet=self._rows_per_sheet, wishes=wishes)

    def render(
        self, result: Result, target: BinaryIO, *, chart: ChartImage | None = None, chart_note: str | None = None
    ) -> Rendering:
        """Write the rows first, then the cover, which tells of them. `target` must be seekable.

        `chart` is for what a spreadsheet cannot draw itself.
        """
        workbook = Workbook(target, wishes=self._wishes, rows_per_sheet=self._rows_per_sheet)
        rendering = workbook.add(result, name=_ROWS, pictures=Pictures(image=chart, missing=chart_note))
        workbook.close()
        return rendering


def render_workbook(
    results: Iterable[Result], target: BinaryIO, *, title: str = "Reports", wishes: Wishes | None = None
) -> tuple[Rendering, ...]:
    """Write several reports into one workbook: a cover that lists them, then sheets for each, named by its title.

    `results` are taken one after another, hidden columns left out; `target` must be seekable. Raises RenderError.
    """
    workbook = Workbook(target, wishes=wishes or Wishes(), rows_per_sheet=MOST_ROWS)
    renderings = [workbook.add(shown_result(result), name=result.head.title) for result in results]
    if not renderings:
        raise RenderError("A workbook needs at least one report.")
    workbook.close(title)
    return tuple(renderings)
