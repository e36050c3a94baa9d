"""The report's page in the builder: headline numbers, chart, and the table with numbers as people read them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

import pyarrow as pa
import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.field import DateStyle, FieldType, Format, NumberStyle
from core.domain.parameters import ParameterValue
from core.domain.result import CellValue, ColumnRole, Headline, Kpi, Preview, ResultColumn, Total
from core.domain.shown import shown_preview
from core.domain.word_forms import SPAN_STYLES, day_words, duration_words
from core.errors import BroadsheetError
from core.services.looks import PageLooks, page_looks
from pages.widgets import answers, keys, words
from pages.widgets.column_menu import column_menu
from pages.widgets.properties import limit_words
from pages.widgets.result_looks import chart_downloads, legend, styled
from pages.widgets.states import empty, problem
from pages.widgets.theme import is_dark

_ROW_HEIGHT = 32
_MOST_ROWS_SHOWN = 18
_CHART_HEIGHT = 340
_DAY_FORMAT = "ddd D MMM YYYY"
_DAY_FORMATS = {
    DateStyle.MEDIUM: "D MMM YYYY",
    DateStyle.LONG: "dddd D MMMM YYYY",
    DateStyle.ISO: "YYYY-MM-DD",
    DateStyle.MONTH: "MMM YYYY",
    DateStyle.YEAR: "YYYY",
}
_MOST_TOTALS = 20
_CHARACTER_WIDTH = 9
_WIDEST = 900


def result_area(
    principal: Principal,
    dataset: Dataset,
    definition: ReportDefinition,
    given: Mapping[str, ParameterValue],
    columns: Mapping[str, ResultColumn],
    preview: Preview,
) -> None:
    """Draw the answer to `definition` with the values given for its parameters; `columns` are those before a pivot."""
    try:
        _headline(answers.headline(principal, definition, given))
        _chart(principal, definition, given)
    except BroadsheetError as error:
        problem(error)
    preview = shown_preview(preview)
    _status(dataset, definition, preview)
    for note in preview.notes:
        st.caption(words.plain(note))
    if not preview.rows_matched:
        empty("No rows match", "Widen the period or take a filter away.", icon=":material/search_off:")
        return
    menu = st.container()
    _table(definition, preview)
    with menu:
        column_menu(dataset, definition, columns)
    _totals(definition, preview)
    pages = -(-preview.rows_matched // preview.page_size)
    if pages > 1:
        st.pagination(pages, key=keys.BUILDER_PAGE)


def _headline(headline: Headline) -> None:
    if not headline.kpis:
        return
    before = headline.previous_period
    with st.container(horizontal=True, key="builder_headline", gap="large"):
        for kpi in headline.kpis:
            st.metric(
                f"{kpi.label}, {kpi.format.unit}" if kpi.format.unit else kpi.label,
                number(kpi),
                delta=None if kpi.change is None else f"{kpi.change:+.1%}",
                delta_color="off",
                width="content",
            )
    if before is not None:
        st.caption(f"Change against {words.span(before)}")


def _chart(principal: Principal, definition: ReportDefinition, given: Mapping[str, ParameterValue]) -> None:
    if definition.chart is None:
        return
    figure = answers.figure(principal, definition, given, dark=is_dark())
    if figure is not None:
        st.plotly_chart(
            figure,
            key="builder_figure",
            height=_CHART_HEIGHT,
            theme=None,
            config={"displayModeBar": False, "scrollZoom": False},
            alt="Chart of the report",
        )
        chart_downloads(principal, given)


def _status(dataset: Dataset, definition: ReportDefinition, preview: Preview) -> None:
    shown = preview.table.num_rows
    first = (preview.page - 1) * preview.page_size + 1
    noun = "rows" if definition.is_summary else dataset.row_noun
    span = f"{shown:,}" if preview.page == 1 else f"{first:,} to {first + shown - 1:,}"
    least = "at least " if preview.is_at_least else ""
    rows = f"Showing {span} of {least}{preview.rows_matched:,} {noun}"
    parts = [rows]
    if preview.period is not None:
        parts.append(words.span(preview.period))
    parts.append(f"{preview.elapsed_s:.2f} s")
    left = limit_words(definition, preview)
    st.caption(" · ".join(parts) + (f" · {left}" if left else ""))


def _table(definition: ReportDefinition, preview: Preview) -> None:
    rows = min(preview.table.num_rows, _MOST_ROWS_SHOWN)
    looks = page_looks(preview, definition.timezone, dark=is_dark())
    st.dataframe(
        styled(written(preview), looks),
        key=keys.BUILDER_TABLE,
        on_select="rerun",
        selection_mode="single-column",
        hide_index=True,
        row_height=_ROW_HEIGHT,
        height=(rows + 1) * _ROW_HEIGHT + 4,
        column_config={column.key: config(column, definition.timezone, looks) for column in preview.columns},
        placeholder="",
        alt="Rows of the report",
    )
    legend(looks)


def config(column: ResultColumn, timezone: str, looks: PageLooks | None) -> Any:
    """Return how a column is shown, with a bar in each cell where a rule asks for it."""
    ends = looks.bars.get(column.key) if looks is not None else None
    if looks is None or ends is None or _is_in_words(column) or ends[0] == ends[1]:
        return column_config(column, timezone)
    label = _label(column)
    return st.column_config.ProgressColumn(
        label,
        format=_number_format(column),
        min_value=ends[0],
        max_value=ends[1],
        color=looks.bar_colours.get(column.key),
    )


def written(preview: Preview) -> pa.Table:
    """Return the rows, with what the table cannot write itself as words: durations and quarters."""
    table = preview.table
    for index, column in enumerate(preview.columns):
        if _is_in_words(column):
            texts = [None if value is None else cell(value, column) for value in table.column(index).to_pylist()]
            table = table.set_column(index, column.key, pa.array(texts, pa.string()))
    return table


def _is_in_words(column: ResultColumn) -> bool:
    is_duration = column.type.is_number and column.format.style is NumberStyle.DURATION
    return is_duration or (column.type is FieldType.DATE and column.format.date_style is DateStyle.QUARTER)


def _totals(definition: ReportDefinition, preview: Preview) -> None:
    """Below the table, in bold: what all rows come to, and those of each group."""
    if not preview.totals:
        return
    parts = [one for one in preview.totals if one.level]
    left = len(parts) - _MOST_TOTALS
    shown = [*parts[:_MOST_TOTALS], *(one for one in preview.totals if not one.level)]
    places = [n for n in range(len(preview.columns)) if any(one.values[n] is not None for one in shown)]
    heads = "".join(f"<td>{words.html(_label(preview.columns[n]))}</td>" for n in places)
    lines = "".join(_total_line(one, preview.columns, places) for one in shown)
    st.html(f'<table class="bs-totals"><tr class="bs-quiet"><th></th>{heads}</tr>{lines}</table>')
    if left > 0:
        st.caption(f"{left:,} more subtotals stand in the files.")
    if definition.limit is not None and preview.rows_matched > definition.limit:
        st.caption(f"Totals count all {preview.rows_matched:,} rows.")


def _total_line(total: Total, columns: tuple[ResultColumn, ...], places: list[int]) -> str:
    groups = [column for column in columns if column.role is ColumnRole.DIMENSION]
    named = [
        cell(key, groups[index]) if key is not None and index < len(groups) else str(key or "(empty)")
        for index, key in enumerate(total.keys)
    ]
    label = f"Total {', '.join(named)}" if named else "Total"
    figures = "".join(
        f"<td>{'' if total.values[n] is None else words.html(cell(total.values[n], columns[n]))}</td>" for n in places
    )
    return f"<tr><th>{words.html(label)}</th>{figures}</tr>"


def cell(value: CellValue, column: ResultColumn) -> str:
    """Return one value as people read it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float | Decimal) and column.type.is_number:
        return figure_words(value, column.format, _decimals(column))
    if isinstance(value, date) and not isinstance(value, datetime):
        return day_words(value, column.format.date_style)
    return words.scalar(value)


def column_config(column: ResultColumn, timezone: str) -> Any:
    """Return how a result column is shown: numbers right-aligned in their format, days as words."""
    label = _label(column)
    width = min(column.width * _CHARACTER_WIDTH, _WIDEST) if column.width else None
    if _is_in_words(column):
        alignment = "right" if column.type.is_number else "left"
        return st.column_config.TextColumn(label, width=width, alignment=alignment)
    if column.type.is_number:
        return st.column_config.NumberColumn(label, format=_number_format(column), width=width)
    if column.type is FieldType.DATE:
        return st.column_config.DateColumn(label, format=_day_format(column), width=width)
    if column.type is FieldType.DATETIME:
        shown = _day_format(column)
        clock = "" if column.format.date_style in SPAN_STYLES else ", HH:mm"
        return st.column_config.DatetimeColumn(label, format=f"{shown}{clock}", timezone=timezone, width=width)
    if column.type is FieldType.BOOLEAN:
        return st.column_config.CheckboxColumn(label, width=width)
    return st.column_config.TextColumn(label, width=width)


def _day_format(column: ResultColumn) -> str:
    style = column.format.date_style
    return _DAY_FORMATS.get(style, _DAY_FORMAT) if style else _DAY_FORMAT


def number(kpi: Kpi) -> str:
    """Return a headline number as people read it."""
    if kpi.value is None:
        return "\N{EN DASH}"
    decimals = kpi.format.decimals
    if decimals is None:
        decimals = 0 if isinstance(kpi.value, int) else 2
    return figure_words(kpi.value, kpi.format, decimals)


def figure_words(value: int | float | Decimal, written: Format, decimals: int) -> str:
    """Return a number in its format: 1,234.50, 12.3%, 1 h 05 min."""
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if value != value else ("∞" if value > 0 else "-∞")
    if written.style is NumberStyle.DURATION:
        return duration_words(value, written.decimals)
    if written.style is NumberStyle.PERCENT:
        return f"{float(value):.{1 if written.decimals is None else written.decimals}%}"
    comma = "" if written.style is NumberStyle.PLAIN else ","
    return f"{value:{comma}.{decimals}f}"


def _number_format(column: ResultColumn) -> str:
    if column.format.style is NumberStyle.PERCENT:
        return "percent"
    comma = "" if column.format.style is NumberStyle.PLAIN else ","
    # %d would cut what lies behind the point instead of rounding it.
    return f"%{comma}.{_decimals(column)}f"


def _decimals(column: ResultColumn) -> int:
    if column.format.decimals is not None:
        return column.format.decimals
    return 0 if column.type is FieldType.INTEGER else 2


def _label(column: ResultColumn) -> str:
    spans = ", ".join(span for span in column.spans if span)
    label = f"{spans}: {column.label}" if spans else column.label
    unit = None if column.format.style is NumberStyle.DURATION else column.format.unit
    return f"{label}, {unit}" if unit else label
