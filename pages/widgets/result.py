"""The report's page in the builder: headline numbers, chart, and the table with numbers as people read them."""

from typing import Any

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset, FieldType, NumberStyle
from core.domain.definition import ReportDefinition
from core.domain.result import Headline, Kpi, Preview, ResultColumn
from core.errors import BroadsheetError
from pages.widgets import answers, keys, words
from pages.widgets.properties import limit_words
from pages.widgets.states import empty, problem
from pages.widgets.theme import is_dark

_ROW_HEIGHT = 32
_MOST_ROWS_SHOWN = 18
_CHART_HEIGHT = 340
_GRAIN_FORMATS = {"month": "MMM YYYY", "quarter": "[Q]Q YYYY", "year": "YYYY"}
_DAY_FORMAT = "ddd D MMM YYYY"


def result_area(principal: Principal, dataset: Dataset, definition: ReportDefinition, preview: Preview) -> None:
    """Draw the answer to `definition`."""
    try:
        _headline(answers.headline(principal, definition))
        _chart(principal, definition)
    except BroadsheetError as error:
        problem(error)
    _status(dataset, definition, preview)
    if not preview.rows_matched:
        empty("No rows match", "Widen the period or take a filter away.", icon=":material/search_off:")
        return
    _table(definition, preview)
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


def _chart(principal: Principal, definition: ReportDefinition) -> None:
    if definition.chart is None:
        return
    figure = answers.figure(principal, definition, dark=is_dark())
    if figure is not None:
        st.plotly_chart(
            figure,
            key="builder_figure",
            height=_CHART_HEIGHT,
            theme=None,
            config={"displayModeBar": False, "scrollZoom": False},
            alt="Chart of the report",
        )


def _status(dataset: Dataset, definition: ReportDefinition, preview: Preview) -> None:
    shown = preview.table.num_rows
    first = (preview.page - 1) * preview.page_size + 1
    noun = "rows" if definition.is_summary else dataset.row_noun
    span = f"{shown:,}" if preview.page == 1 else f"{first:,} to {first + shown - 1:,}"
    rows = f"Showing {span} of {preview.rows_matched:,} {noun}"
    parts = [rows]
    if preview.period is not None:
        parts.append(words.span(preview.period))
    parts.append(f"{preview.elapsed_s:.2f} s")
    left = limit_words(definition, preview)
    st.caption(" · ".join(parts) + (f" · {left}" if left else ""))


def _table(definition: ReportDefinition, preview: Preview) -> None:
    rows = min(preview.table.num_rows, _MOST_ROWS_SHOWN)
    st.dataframe(
        preview.table,
        key="builder_table",
        hide_index=True,
        row_height=_ROW_HEIGHT,
        height=(rows + 1) * _ROW_HEIGHT + 4,
        column_config={column.key: column_config(column, definition.timezone) for column in preview.columns},
        placeholder="",
        alt="Rows of the report",
    )


def column_config(column: ResultColumn, timezone: str) -> Any:
    """Return how a result column is shown: numbers right-aligned in their format, days as words."""
    label = _label(column)
    if column.type.is_number:
        return st.column_config.NumberColumn(label, format=_number_format(column))
    if column.type is FieldType.DATE:
        grain = column.key.rpartition("__")[2]
        return st.column_config.DateColumn(label, format=_GRAIN_FORMATS.get(grain, _DAY_FORMAT))
    if column.type is FieldType.DATETIME:
        return st.column_config.DatetimeColumn(label, format=f"{_DAY_FORMAT}, HH:mm", timezone=timezone)
    if column.type is FieldType.BOOLEAN:
        return st.column_config.CheckboxColumn(label)
    return st.column_config.TextColumn(label)


def number(kpi: Kpi) -> str:
    """Return a headline number as people read it."""
    if kpi.value is None:
        return "\N{EN DASH}"
    if kpi.format.style is NumberStyle.PERCENT:
        return f"{float(kpi.value):.1%}"
    decimals = kpi.format.decimals
    if decimals is None:
        decimals = 0 if isinstance(kpi.value, int) else 2
    return f"{kpi.value:,.{decimals}f}"


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
    return f"{column.label}, {column.format.unit}" if column.format.unit else column.label
