"""The choice of a chart from small pictures: what fits can be taken, what does not says why, what suits is named."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import streamlit as st

from core.domain.appearance import ChartKind
from core.domain.definition import ReportDefinition
from core.domain.result import ResultColumn
from core.services.chart_choices import chart_of, misfits, suited_chart
from pages.widgets import draft as drafts
from pages.widgets import edits, words
from pages.widgets.mend import mended

Columns = Mapping[str, ResultColumn]
#: What is shown above the table: a picture, large numbers alone, or nothing.
Pick = ChartKind | str
NUMBERS, NOTHING = "numbers", "nothing"
_MOST_NUMBERS = 4
_ICONS: dict[Pick, str] = {
    ChartKind.LINE: ":material/show_chart:",
    ChartKind.AREA: ":material/area_chart:",
    ChartKind.BAR: ":material/bar_chart:",
    ChartKind.HORIZONTAL_BAR: ":material/align_horizontal_left:",
    ChartKind.SCATTER: ":material/scatter_plot:",
    ChartKind.PIE: ":material/pie_chart:",
    NUMBERS: ":material/looks_one:",
    NOTHING: ":material/table_rows:",
}
_LABELS: dict[Pick, str] = {**words.CHARTS, NUMBERS: "Numbers", NOTHING: "Table only"}


def chart_pick(definition: ReportDefinition, columns: Columns, rows: int | None) -> None:
    """Draw the pictures; `rows` are those of the result, where they are known."""
    unfit = misfits(definition, columns)
    present, suited = picked(definition), suits(definition, columns, rows)
    with st.container(horizontal=True, gap="xsmall", key="builder_picks"):
        for kind in _ICONS:
            why = unfit.get(kind) if isinstance(kind, ChartKind) else None
            drafts.act(
                _LABELS[kind],
                key=f"builder_pick_{kind}",
                edit=partial(pick, columns=columns, kind=kind),
                icon=_ICONS[kind],
                type="secondary" if kind == present else "tertiary",
                disabled=why is not None,
                help="Shown now" if kind == present else why,
            )
    if present in unfit:
        st.caption(f":red[{words.plain(unfit.pop(ChartKind(present)))}]")
    if unfit:
        st.caption(_left_out(unfit))
    if suited != present:
        drafts.act(
            f"Suits this table: {_LABELS[suited].lower()}",
            key="builder_pick_suited",
            edit=partial(pick, columns=columns, kind=suited, rows=rows),
            icon=":material/lightbulb:",
            type="tertiary",
        )


def _left_out(unfit: Mapping[ChartKind, str]) -> str:
    """Say why kinds do not fit, for whoever has no pointer to hover with: "Line, area: Group by a date first."."""
    kinds: dict[str, list[str]] = {}
    for kind, why in unfit.items():
        kinds.setdefault(why, []).append(_LABELS[kind])
    return "  \n".join(f"{', '.join(named).capitalize()}: {words.plain(why)}" for why, named in kinds.items())


def picked(definition: ReportDefinition) -> Pick:
    """Return what a definition shows above its table."""
    if definition.chart is not None:
        return definition.chart.kind
    return NUMBERS if definition.kpis else NOTHING


def suits(definition: ReportDefinition, columns: Columns, rows: int | None) -> Pick:
    """Return what suits the shape of a result."""
    chart = suited_chart(definition, columns, rows)
    if chart is not None:
        return chart.kind
    return NUMBERS if definition.measures else NOTHING


def pick(d: ReportDefinition, *, columns: Columns, kind: Pick, rows: int | None = None) -> ReportDefinition:
    """Show another picture; numbers alone are those of the report, unless some were chosen already."""
    if isinstance(kind, ChartKind):
        fresh = suited_chart(d, columns, rows) if rows is not None and d.chart is None else None
        chart = fresh if fresh is not None and fresh.kind is kind else chart_of(d, columns, kind)
        return d if chart is None else mended(replace(d, chart=chart))
    shown = d.kpis or _figures(d, columns)
    return mended(replace(d, chart=None, kpis=shown if kind == NUMBERS else ()))


def _figures(d: ReportDefinition, columns: Columns) -> tuple[edits.Measure, ...]:
    """The report's first numbers, or how many rows there are."""
    numbers = [one for one in d.measures if one.key in columns and columns[one.key].type.is_number]
    return tuple(numbers[:_MOST_NUMBERS]) or (edits.COUNT,)
