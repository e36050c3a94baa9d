"""The builder's right area, second and third tab: the chart, the headline numbers, and the rest."""

from calendar import day_name, month_name
from dataclasses import replace

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.appearance import Chart, ChartKind
from core.domain.dataset import Dataset
from core.domain.definition import Comparison, ReportDefinition
from core.domain.result import Preview
from pages.widgets import draft as drafts
from pages.widgets import edits, words
from pages.widgets.zones import zone_options

_NONE = "none"


def chart_panel(dataset: Dataset, labels: dict[str, str]) -> None:
    """Draw the chart's kind and what lies on its axes, then the headline numbers."""
    definition = drafts.current().definition
    if definition.is_summary and definition.groupings and definition.measures:
        _chart(definition, labels)
    else:
        st.caption("A chart needs a summary with at least one grouping and one measure.")
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


def _chart(definition: ReportDefinition, labels: dict[str, str]) -> None:
    chart = definition.chart
    drafts.control(
        st.selectbox,
        "Chart",
        key="builder_chart",
        value=chart.kind if chart else _NONE,
        edit=lambda d, kind: replace(d, chart=None if kind == _NONE else edits.first_chart(d, ChartKind(kind))),
        options=[_NONE, *ChartKind],
        format_func=lambda kind: words.CHARTS.get(kind, "No chart"),
    )
    if chart is None:
        return
    groups = [g.key for g in definition.groupings]
    spread = definition.pivot.groupings if definition.pivot else ()
    groups = [key for key in groups if key not in spread]
    measures = [m.key for m in definition.measures] + [c.name for c in definition.calculations]
    _axis("Along", "x", chart, [*groups, *measures] if chart.kind is ChartKind.SCATTER else groups, labels)
    drafts.control(
        st.multiselect,
        "Values",
        key="builder_chart_y",
        value=list(chart.y),
        edit=lambda d, picked: replace(d, chart=replace(chart, y=tuple(picked))) if picked else d,
        options=measures,
        format_func=lambda key: labels.get(key, key),
    )
    if len(groups) > 1:
        _axis("Coloured by", "color", chart, [None, *(key for key in groups if key != chart.x)], labels)


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


def more_panel(principal: Principal, preview: Preview | None) -> None:
    """Draw the timezone, the calendar and, for those who may see it, the SQL."""
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
    if preview is not None and principal.may(Permission.SEE_SQL):
        with st.popover("Show the SQL", type="tertiary", icon=":material/code:"):
            st.code(preview.sql, language="sql", wrap_lines=True)


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
