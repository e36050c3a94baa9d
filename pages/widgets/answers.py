"""Answers to the draft on the screen, kept for a moment so that only a changed question is asked again."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.definition import ReportDefinition
from core.domain.filter import FilterGroup, Scalar
from core.domain.parameters import ParameterValue
from core.domain.result import Headline, Preview, ResultColumn
from pages.widgets import keys
from pages.widgets.app import broadsheet
from pages.widgets.mend import mended

PAGE_SIZE = 100
_MOST = 24
_CLEAR = "rgba(0,0,0,0)"
_FRESH_FOR = timedelta(seconds=60)
Answer = TypeVar("Answer")


def preview(
    principal: Principal, definition: ReportDefinition, page: int, given: Mapping[str, ParameterValue]
) -> Preview:
    """Return one page of the answer; raises what the service raises."""
    reports = broadsheet().reports
    return _kept(
        ("preview", _shape(definition), _fixed(given), page, principal.user_id),
        lambda: reports.preview(principal, definition, parameters=given, page=page, page_size=PAGE_SIZE),
    )


def headline(principal: Principal, definition: ReportDefinition, given: Mapping[str, ParameterValue]) -> Headline:
    """Return the headline numbers, compared with the span before."""
    if not definition.kpis:
        return Headline(kpis=(), previous_period=None)
    reports = broadsheet().reports
    asked = _headline_only(definition)
    names = {parameter.name for parameter in asked.parameters}
    taken = {name: value for name, value in given.items() if name in names}
    return _kept(
        ("headline", asked, _fixed(taken), principal.user_id),
        lambda: reports.headline(principal, asked, parameters=taken),
    )


def figure(
    principal: Principal, definition: ReportDefinition, given: Mapping[str, ParameterValue], *, dark: bool
) -> Any:
    """Return the chart on the page's own paper, or None."""
    reports = broadsheet().reports

    def ask() -> Any:
        found = reports.figure(principal, definition, parameters=given, dark=dark)
        return found.update_layout(paper_bgcolor=_CLEAR, plot_bgcolor=_CLEAR) if found is not None else None

    return _kept(("figure", definition, _fixed(given), dark, principal.user_id), ask)


def columns(principal: Principal, definition: ReportDefinition) -> tuple[ResultColumn, ...]:
    """Return the columns of the result before a pivot spreads them; raises what the service raises."""
    reports = broadsheet().reports
    asked = replace(definition, chart=None, sort=(), limit=None, kpis=())
    return _kept(("columns", asked, principal.user_id), lambda: reports.columns_of(principal, asked))


def values(
    principal: Principal, dataset_id: UUID, field: str, search: str, limit: int
) -> tuple[tuple[Scalar | None, int], ...]:
    """Return the most frequent values of a field that hold `search`, each with its number of rows; raises as above."""
    catalog = broadsheet().catalog
    return _kept(
        ("values", dataset_id, field, search, limit, principal.user_id),
        lambda: catalog.field_values(principal, dataset_id, field, search=search, limit=limit),
    )


def forget() -> None:
    """Ask everything anew."""
    st.session_state.pop(keys.BUILDER_MEMO, None)


def _shape(definition: ReportDefinition) -> ReportDefinition:
    """Return the part of a definition that changes its rows: neither the chart nor the headline numbers do."""
    return replace(definition, chart=None, kpis=())


def _headline_only(definition: ReportDefinition) -> ReportDefinition:
    """Return the part of a definition that its headline numbers come from: they stay while the table changes."""
    return mended(
        replace(
            definition,
            columns=(),
            groupings=(),
            measures=definition.kpis,
            calculations=(),
            result_filters=FilterGroup(),
            chart=None,
            limit=None,
        )
    )


def _fixed(given: Mapping[str, ParameterValue]) -> tuple[tuple[str, ParameterValue], ...]:
    return tuple(sorted(given.items(), key=lambda entry: entry[0]))


def _kept(key: tuple[Any, ...], ask: Callable[[], Answer]) -> Answer:
    memo: dict[tuple[Any, ...], tuple[datetime, Any]] = st.session_state.setdefault(keys.BUILDER_MEMO, {})
    now = broadsheet().clock.now()
    if key in memo and now - memo[key][0] < _FRESH_FOR:
        answer: Answer = memo[key][1]
        return answer
    answer = ask()
    memo[key] = (now, answer)
    while len(memo) > _MOST:
        del memo[next(iter(memo))]
    return answer
