"""The builder's right area, second and third tab: the chart, the headline numbers, and the rest."""

from calendar import day_name, month_name
from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core.domain.appearance import Chart, ChartKind
from core.domain.dataset import Dataset
from core.domain.definition import Comparison, ReportDefinition
from core.domain.result import Preview, ResultColumn
from pages.widgets import draft as drafts
from pages.widgets import edits, words
from pages.widgets.chart_pick import chart_pick
from pages.widgets.zones import zone_options


def chart_panel(dataset: Dataset, columns: Mapping[str, ResultColumn], preview: Preview | None) -> None:
    """Draw the pictures to choose from, what lies on the chart's axes, and the headline numbers."""
    definition = drafts.current().definition
    chart_pick(definition, columns, preview.rows_matched if preview is not None else None)
    if definition.chart is not None:
        _axes(definition, definition.chart, columns)
    named = {m.key: m for m in (*definition.kpis, *definition.measures, edits.COUNT)}
    drafts.control(
        st.multiselect,
        "Headline numbers",
        key="builder_kpis",
        value=[m.key for m in definition.kpis],
        edit=lambda d, picked: replace(d, kpis=tuple(named[key] for key in picked if key in named)),
        options=list(named),
        format_func=lambda key: words.measure(named[key], dataset) if key in named else key,
        placeholder="None",
        help="Shown large above the chart, in files and mails with the change against the time compared with.",
    )
    if definition.kpis and definition.period is not None:
        period = definition.period
        drafts.control(
            st.selectbox,
            "Compared with",
            key="builder_kpis_against",
            value=period.against,
            edit=lambda d, against: replace(d, period=d.period and replace(d.period, against=against)),
            options=list(Comparison),
            format_func=lambda one: words.COMPARISONS[one].capitalize(),
        )


def _axes(definition: ReportDefinition, chart: Chart, columns: Mapping[str, ResultColumn]) -> None:
    labels = {key: column.label for key, column in columns.items()}
    spread = definition.pivot.groupings if definition.pivot else ()
    groups = [g.key for g in definition.groupings if g.key not in spread]
    computed = [m.key for m in definition.measures] + [c.name for c in definition.calculations]
    figures = [key for key in computed if key not in columns or columns[key].type.is_number]
    along = [*groups, *figures] if chart.kind is ChartKind.SCATTER else groups
    _axis("Along", "x", chart, _with_present(along, chart.x), labels)
    _figures(chart, figures, labels)
    if len(groups) > 1 and chart.kind is not ChartKind.PIE:
        _axis("Coloured by", "color", chart, [None, *(key for key in groups if key != chart.x)], labels)


def _with_present(options: list[str], present: str) -> list[str | None]:
    return [*options, *([] if present in options else [present])]


def _figures(chart: Chart, figures: list[str], labels: dict[str, str]) -> None:
    """Draw the choice of what is drawn: one number where colours or slices tell its parts apart, else several."""
    if chart.color is not None or chart.kind is ChartKind.PIE:
        drafts.control(
            st.selectbox,
            "Value",
            key="builder_chart_value",
            value=chart.y[0],
            edit=lambda d, picked: replace(d, chart=replace(chart, y=(picked,))),
            options=_with_present(figures, chart.y[0]),
            format_func=lambda key: labels.get(key, key),
        )
        return
    drafts.control(
        st.multiselect,
        "Values",
        key="builder_chart_y",
        value=list(chart.y),
        edit=lambda d, picked: replace(d, chart=replace(chart, y=tuple(picked))) if picked else d,
        options=list(dict.fromkeys([*figures, *chart.y])),
        format_func=lambda key: labels.get(key, key),
    )


def _axis(label: str, part: str, chart: Chart, options: list[str | None], labels: dict[str, str]) -> None:
    drafts.control(
        st.selectbox,
        label,
        key=f"builder_chart_{part}",
        value=getattr(chart, part),
        edit=lambda d, picked: edits.tidy(replace(d, chart=replace(chart, **{part: picked})), d),
        options=options,
        format_func=lambda key: "Nothing" if key is None else labels.get(key, key),
    )


def more_panel() -> None:
    """Draw the timezone and the calendar."""
    definition = drafts.current().definition
    drafts.control(
        st.selectbox,
        "Timezone",
        key="builder_timezone",
        value=definition.timezone,
        edit=lambda d, zone: replace(d, timezone=zone) if zone else d,
        options=zone_options(definition.timezone),
        format_func=lambda zone: zone.replace("_", " "),
        help="Days begin and end by this clock, and times are shown in it.",
    )
    _calendar(definition)


def _calendar(definition: ReportDefinition) -> None:
    """Draw where weeks and years begin."""
    calendar = definition.calendar
    drafts.control(
        st.selectbox,
        "Weeks begin on",
        key="builder_week_start",
        value=calendar.week_start,
        edit=lambda d, day: replace(d, calendar=replace(d.calendar, week_start=day)),
        options=list(range(1, 8)),
        format_func=lambda day: day_name[day - 1],
    )
    drafts.control(
        st.selectbox,
        "Years begin in",
        key="builder_year_start",
        value=calendar.fiscal_year_start,
        edit=lambda d, month: replace(d, calendar=replace(d.calendar, fiscal_year_start=month)),
        options=list(range(1, 13)),
        format_func=lambda month: month_name[month],
        help="A year that does not begin in January bears the number of the year it ends in.",
    )
