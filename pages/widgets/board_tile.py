"""One tile of a dashboard: a text, headline numbers, a chart or a table, or why it cannot be shown."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Any

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.dashboard import DashboardContent, ReportTile, Show, TextTile, Tile, TileHeight
from core.domain.dashboard_filters import unheeded_words
from core.domain.parameters import ParameterValue, dump_parameters
from core.domain.result import Headline, Kpi
from core.domain.rich_text import rich_html
from core.domain.shown import shown_preview
from core.errors import BroadsheetError
from core.services.dashboards import TileAnswer
from core.services.looks import page_looks
from core.services.one_look import one_look
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.result import config, number, written
from pages.widgets.result_looks import legend, styled
from pages.widgets.spark import spark
from pages.widgets.theme import is_dark

_ROW_HEIGHT = 32
#: How high the figure of a tile is, in pixels.
ROOM = {TileHeight.SHORT: 150, TileHeight.MEDIUM: 320, TileHeight.TALL: 620}
_MOST_KEPT = 60
_FRESH_FOR = timedelta(seconds=60)
_CLEAR = "rgba(0,0,0,0)"


@one_look()
def draw_tile(content: DashboardContent, tile: Tile, given: Mapping[str, ParameterValue]) -> None:
    """Draw a tile; whatever is wrong with it is said in its place and harms no other."""
    if isinstance(tile, TextTile):
        _title(tile.title or "")
        st.html(f'<div class="bs-board-words">{rich_html(tile.text, first_level=2)}</div>')
        return
    principal = guard(Permission.VIEW_REPORTS)
    answer, figure = _answer(principal, content, tile, given)
    is_single = answer.headline is not None and len(answer.headline.kpis) == 1
    if not is_single:
        _title(answer.title, link=str(tile.report_id))
    if answer.error is not None:
        st.html(f'<p class="bs-board-error">{escape(answer.error.user_message)}</p>')
    elif answer.headline is not None:
        _figures(answer.headline, answer.title if is_single else None)
    elif isinstance(tile, ReportTile) and tile.show is Show.CHART:
        _chart(tile, figure)
    else:
        _table(tile, answer)
    _about(answer)


def forget() -> None:
    """Ask every tile anew."""
    st.session_state.pop(keys.DASHBOARD_MEMO, None)


def _answer(
    principal: Principal, content: DashboardContent, tile: ReportTile | Any, given: Mapping[str, ParameterValue]
) -> tuple[TileAnswer, Any]:
    """What the tile shows and its chart, from memory where it was asked a moment ago."""
    memo: dict[tuple[Any, ...], tuple[datetime, tuple[TileAnswer, Any]]]
    memo = st.session_state.setdefault(keys.DASHBOARD_MEMO, {})
    now = broadsheet().clock.now()
    fresh_for = min(_FRESH_FOR, timedelta(seconds=0.8 * content.refresh_s)) if content.refresh_s else _FRESH_FOR
    key = (tile, content.filters, str(dump_parameters(given)), is_dark(), principal.user_id)
    known = memo.get(key)
    if known is not None and now - known[0] < fresh_for:
        return known[1]
    found = _asked(principal, content, tile, given, refresh=known is not None)
    memo[key] = (now, found)
    while len(memo) > _MOST_KEPT:
        del memo[next(iter(memo))]
    return found


def _asked(
    principal: Principal, content: DashboardContent, tile: Any, given: Mapping[str, ParameterValue], *, refresh: bool
) -> tuple[TileAnswer, Any]:
    answer = broadsheet().dashboards.tile(principal, content, tile, given=given, refresh=refresh)
    shows_chart = isinstance(tile, ReportTile) and tile.show is Show.CHART
    if not shows_chart or answer.question is None or answer.error is not None:
        return answer, None
    try:
        figure = broadsheet().reports.figure(
            principal, answer.question.definition, parameters=answer.question.parameters, dark=is_dark()
        )
    except BroadsheetError as error:
        return TileAnswer(tile=tile, title=answer.title, error=error), None
    if figure is not None:
        figure.update_layout(paper_bgcolor=_CLEAR, plot_bgcolor=_CLEAR)
    return answer, figure


def _title(title: str, *, link: str | None = None) -> None:
    if not title:
        return
    href = f' href="/builder?report={link}" target="_self"' if link else ""
    inner = f"<a{href}>{escape(title)}</a>" if link else escape(title)
    st.html(f'<h2 class="bs-board-title">{inner}</h2>')


def _figures(headline: Headline, name: str | None) -> None:
    before = headline.previous_period
    with st.container(horizontal=True, gap="large"):
        for kpi in headline.kpis:
            _figure(kpi, name or kpi.label)
    if before is not None:
        st.caption(f"Change against {words.span(before)}")


def _figure(kpi: Kpi, name: str) -> None:
    label = f"{name}, {kpi.format.unit}" if kpi.format.unit else name
    delta = None if kpi.change is None else f"{kpi.change:+.1%}"
    with st.container(width=190, gap="xxsmall"):
        st.metric(words.plain(label), number(kpi), delta=delta, delta_color="off")
        if len(kpi.trend) > 1:
            st.html(spark(list(kpi.trend), dark=is_dark()))


def _chart(tile: ReportTile, figure: Any) -> None:
    if figure is None:
        st.caption("No rows match.")
        return
    st.plotly_chart(
        figure,
        key=f"dashboard_figure_{tile.id}",
        height=ROOM[tile.height],
        theme=None,
        config={"displayModeBar": False, "scrollZoom": False},
        alt=f"Chart: {tile.title or 'report'}",
    )


def _table(tile: Any, answer: TileAnswer) -> None:
    if answer.preview is None or answer.question is None:
        return
    preview = shown_preview(answer.preview)
    if not preview.rows_matched:
        st.caption("No rows match.")
        return
    most = (ROOM[tile.height] - 4) // _ROW_HEIGHT - 1
    timezone = answer.question.definition.timezone
    looks = page_looks(preview, timezone, dark=is_dark())
    st.dataframe(
        styled(written(preview), looks),
        key=f"dashboard_table_{tile.id}",
        hide_index=True,
        row_height=_ROW_HEIGHT,
        height=(min(preview.table.num_rows, most) + 1) * _ROW_HEIGHT + 4,
        column_config={column.key: config(column, timezone, looks) for column in preview.columns},
        placeholder="",
        alt=f"Rows of {answer.title}",
    )
    legend(looks)


def _about(answer: TileAnswer) -> None:
    """The span it is about, how much of it is shown, and which filters mean nothing to it."""
    parts = []
    preview = answer.preview
    if preview is not None and answer.error is None:
        if preview.period is not None:
            parts.append(words.span(preview.period))
        if preview.table.num_rows < preview.rows_matched and _is_table(answer):
            least = "at least " if preview.is_at_least else ""
            parts.append(f"first {preview.table.num_rows:,} of {least}{preview.rows_matched:,} rows")
    unheeded = unheeded_words(answer.question.unheeded) if answer.question is not None else None
    if unheeded:
        parts.append(unheeded.rstrip("."))
    if parts:
        st.caption(words.plain(" · ".join(parts)))


def _is_table(answer: TileAnswer) -> bool:
    return isinstance(answer.tile, ReportTile) and answer.tile.show is Show.TABLE
