"""The builder's right area, second and third tab: the chart, the headline numbers, and the rest."""

from dataclasses import replace

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset
from core.domain.definition import Chart, ChartKind, ReportDefinition
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
        help="Shown large above the chart, in files and mails with the change against the period before.",
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
    measures = [m.key for m in definition.measures]
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
    """Draw the timezone and, for those who may see it, the SQL."""
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
    if preview is not None and principal.may(Permission.SEE_SQL):
        with st.popover("Show the SQL", type="tertiary", icon=":material/code:"):
            st.code(preview.sql, language="sql", wrap_lines=True)
