"""Plotly figures of a result, built from `plotly.graph_objects` alone; the same figure for screen, PDF and mail.

Everything a label says comes from data, so `<`, `&` and `$` are written such that Plotly takes them for characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from core.domain.appearance import Chart, ChartKind
from core.domain.field import FieldType, NumberStyle
from core.domain.result import ColumnRole, ResultColumn
from core.render.cells import display_strings, header_label
from core.render.chart_series import NotDrawable, Series, by_time, ends_apart, escape, series_of, slices_of, spread_out
from core.render.palette import inks, others_colour, series_colour, template

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST_BARS_LABELLED = 12
_LABEL_ROOM = 1.18
_FEW_DAYS = 10  #: each gets its own tick


def default_chart(columns: Sequence[ResultColumn]) -> Chart | None:
    """What suits these columns: a line over dates, bars over categories; None where nothing can be drawn."""
    dimensions = [column for column in columns if column.role is ColumnRole.DIMENSION]
    measures = [column for column in columns if column.role is ColumnRole.MEASURE and column.type.is_number]
    if not dimensions or not measures:
        return None
    dates = [column for column in dimensions if column.type.is_temporal]
    x = dates[0] if dates else dimensions[0]
    others = [column for column in dimensions if column is not x]
    kind = ChartKind.LINE if dates else ChartKind.BAR
    return Chart(kind=kind, x=x.key, y=(measures[0].key,), color=others[0].key if others else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """The colours of a figure."""

    dark: bool
    accent: str | None

    def series(self, position: int, *, is_others: bool) -> str:
        """The colour of a series or slice; what was merged has its own."""
        if is_others:
            return others_colour(dark=self.dark)
        return series_colour(position, dark=self.dark, accent=self.accent)


def build_figure(
    columns: tuple[ResultColumn, ...],
    chart: Chart,
    table: pa.Table,
    *,
    title: str | None = None,
    dark: bool = False,
    accent: str | None = None,
    note: str | None = None,
) -> "go.Figure":
    """The figure of `chart` over `table`, whose columns are named by key. What cannot be drawn says so calmly.

    `accent` is the organization's colour, and its first series'; `note` is what a reader must know of the rows.
    """
    import plotly.graph_objects as go  # half a second that only charts should pay

    look = _Look(dark=dark, accent=accent)
    figure = go.Figure(layout={"template": template(dark=dark, accent=accent)})
    if title:
        figure.update_layout(title_text=escape(title), margin_t=64)
    if note:
        figure.add_annotation(
            text=escape(note), x=1, y=1, xref="paper", yref="paper", xanchor="right", yanchor="bottom",
            showarrow=False, font={"size": 12, "color": inks(dark=dark).quiet},
        )  # fmt: skip
    chart, columns = spread_out(chart, columns)
    by_key = {column.key: column for column in columns}
    wanted = (chart.x, *chart.y, *((chart.color,) if chart.color else ()))
    if not chart.y or any(key not in by_key or key not in table.column_names for key in wanted):
        return _calm(figure, "This chart names columns the report no longer has.", dark=dark)
    if table.num_rows == 0:
        return _calm(figure, "No rows match, so there is nothing to draw.", dark=dark)
    try:
        if chart.kind is ChartKind.PIE:
            _add_pie(figure, table, by_key[chart.x], by_key[chart.y[0]], look)
        else:
            _add_traces(figure, chart, table, by_key, look)
    except NotDrawable as reason:
        return _calm(figure, str(reason), dark=dark)
    return figure


def _add_traces(
    figure: "go.Figure", chart: Chart, table: pa.Table, by_key: dict[str, ResultColumn], look: _Look
) -> None:
    """Everything but pies."""
    x, measures = by_key[chart.x], [by_key[key] for key in chart.y]
    color = by_key[chart.color] if chart.color else None
    series = series_of(table, x, measures, color, is_scatter=chart.kind is ChartKind.SCATTER)
    for position, one in enumerate(series):
        colour = look.series(position, is_others=one.is_others)
        figure.add_trace(_trace(chart.kind, one, colour, measures[0], labelled=len(series) == 1))
    _finish_axes(figure, chart.kind, x, measures, series)
    _name_series(figure, chart.kind, series)


def _calm(figure: "go.Figure", sentence: str, *, dark: bool) -> "go.Figure":
    """A figure that only says why it is empty."""
    figure.update_layout(xaxis_visible=False, yaxis_visible=False)
    figure.add_annotation(
        text=escape(sentence), x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False,
        font={"size": 14, "color": inks(dark=dark).quiet},
    )  # fmt: skip
    return figure


def _add_pie(figure: "go.Figure", table: pa.Table, x: ResultColumn, measure: ResultColumn, look: _Look) -> None:
    """A ring of at most five slices, each named beside it."""
    import plotly.graph_objects as go

    slices = slices_of(table, x, measure)
    colours = [look.series(position, is_others=is_rest) for position, (_, _, is_rest) in enumerate(slices)]
    figure.add_trace(
        go.Pie(
            labels=[label for label, _, _ in slices], values=[value for _, value, _ in slices], sort=False, hole=0.5,
            direction="clockwise", textinfo="label+percent", textposition="outside", showlegend=False,
            marker={"colors": colours, "line": {"color": inks(dark=look.dark).card, "width": 2}},
            title={"text": escape(header_label(measure)), "font": {"size": 12, "color": inks(dark=look.dark).quiet}},
        )
    )  # fmt: skip
    figure.update_layout(margin={"t": 44, "b": 44})


def _trace(kind: ChartKind, series: Series, colour: str, measure: ResultColumn, *, labelled: bool) -> Any:
    import plotly.graph_objects as go

    if kind in (ChartKind.BAR, ChartKind.HORIZONTAL_BAR):
        return _bar(kind, series, colour, measure, labelled=labelled)
    if kind is ChartKind.SCATTER:
        marker = {"color": colour, "size": 8, "opacity": 0.8}
        return go.Scatter(x=series.x, y=series.y, name=series.name, mode="markers", marker=marker)
    x, y = by_time(series)
    line = {"color": colour, "width": 2, "dash": "dot" if series.is_others else "solid"}
    if kind is ChartKind.AREA:
        return go.Scatter(
            x=x, y=y, name=series.name, mode="lines", line=line, stackgroup="all", fillcolor=_faded(colour)
        )
    return go.Scatter(x=x, y=y, name=series.name, mode="lines" if len(x) > 1 else "markers", line=line)


def _bar(kind: ChartKind, series: Series, colour: str, measure: ResultColumn, *, labelled: bool) -> Any:
    """Bars, with the number at their end while they are few."""
    import plotly.graph_objects as go

    flat = kind is ChartKind.HORIZONTAL_BAR
    x, y = (series.y, series.x) if flat else (series.x, series.y)
    options: dict[str, Any] = {}
    if labelled and len(series.x) <= _MOST_BARS_LABELLED:
        texts = display_strings(pa.array(series.y, pa.float64()), measure, timezone="UTC")
        if measure.type is FieldType.INTEGER and measure.format.style is NumberStyle.NUMBER:
            texts = ["" if value is None else f"{value:,.0f}" for value in series.y]
        options = {"text": texts, "textposition": "outside", "cliponaxis": False}
    return go.Bar(
        x=x,
        y=y,
        name=series.name,
        orientation="h" if flat else "v",
        marker={"color": colour, "line_width": 0},
        **options,
    )


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.55)"


def _finish_axes(
    figure: "go.Figure", kind: ChartKind, x: ResultColumn, measures: list[ResultColumn], series: list[Series]
) -> None:
    """Titles with units, dates as people write them, categories in the order of the rows."""
    y_title = escape(header_label(measures[0])) if len(measures) == 1 else _common_unit(measures)
    tick = ",.0%" if measures[0].format.style is NumberStyle.PERCENT else ",~r"
    places: dict[str, Any] = {
        "title_text": None if x.type.is_temporal else escape(header_label(x)),
        "type": _axis_type(x),
    }
    if x.type.is_temporal:
        places |= {"tickformatstops": _date_ticks(), "hoverformat": "%-d %b %Y"}
        days = {str(position)[:10] for one in series for position in one.x if position is not None}
        if x.type is FieldType.DATE and len(days) <= _FEW_DAYS:
            places |= {"tickvals": sorted(days), "tickformat": "%-d %b", "tickformatstops": None}
    values = {
        "title_text": y_title,
        "tickformat": tick,
        "rangemode": "normal" if kind is ChartKind.SCATTER else "tozero",
    }
    if kind is ChartKind.HORIZONTAL_BAR:
        grid = figure.layout.template.layout.yaxis.gridcolor
        figure.update_layout(
            xaxis={**values, **_room_for_labels(series), "showgrid": True, "gridcolor": grid},
            yaxis={**places, "autorange": "reversed", "showgrid": False},
        )
        return
    figure.update_layout(xaxis=places, yaxis=values)
    if kind is ChartKind.BAR and len(series) > 1:
        figure.update_layout(barmode="stack")


def _room_for_labels(series: Sequence[Series]) -> dict[str, Any]:
    """An axis that goes on past the longest of labelled bars, or the edge would cut the number at its end."""
    lengths = [value for value in series[0].y if value is not None]
    if len(series) > 1 or len(series[0].x) > _MOST_BARS_LABELLED or not lengths or min(lengths) < 0:
        return {}
    return {"range": [0, _LABEL_ROOM * max(lengths) or 1]}


def _axis_type(column: ResultColumn) -> str:
    if column.type.is_temporal:
        return "date"
    return "linear" if column.type.is_number else "category"


def _date_ticks() -> list[dict[str, Any]]:
    """Day first, the year only where it changes the meaning."""
    day, month = 86_400_000, "M1"
    return [
        {"dtickrange": [None, day - 1], "value": "%H:%M\n%-d %b"},
        {"dtickrange": [day, 27 * day], "value": "%-d %b\n%Y"},
        {"dtickrange": [month, "M11"], "value": "%b\n%Y"},
        {"dtickrange": ["M12", None], "value": "%Y"},
    ]


def _common_unit(measures: list[ResultColumn]) -> str | None:
    units = {measure.format.unit for measure in measures}
    return escape(units.pop() or "") or None if len(units) == 1 else None


def _name_series(figure: "go.Figure", kind: ChartKind, series: list[Series]) -> None:
    """Names at the ends of lines while they stay apart, else a legend; none for a single series."""
    figure.update_layout(showlegend=len(series) > 1)
    if kind is not ChartKind.LINE or not len(series) > 1 or not ends_apart(series):
        return
    figure.update_layout(showlegend=False, margin_r=130)
    for trace, one in zip(figure.data, series, strict=True):
        x, y = by_time(one)
        figure.add_annotation(
            x=x[-1], y=y[-1], text=one.name, showarrow=False, xanchor="left", xshift=6,
            font={"color": trace.line.color, "size": 12},
        )  # fmt: skip
