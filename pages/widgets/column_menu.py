"""What is done with a column by a click on its header: sort, filter, summarize, name and format, move, hide, remove."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Measure, ReportDefinition, Sort
from core.domain.field import Field
from core.domain.filter import Grain
from core.domain.result import ResultColumn
from pages.widgets import draft as drafts
from pages.widgets import edits, keys, words
from pages.widgets.columns_section import column_form
from pages.widgets.field_moves import ROWS, TABLE, VALUES, Move, moved
from pages.widgets.filter_add import add_filter
from pages.widgets.filter_place import FilterPlace, over_fields, over_result
from pages.widgets.measures import preferred
from pages.widgets.result_edits import set_option

_MOST_SORTS = 3
_GRAINS = (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """The column whose header was clicked."""

    dataset: Dataset
    definition: ReportDefinition
    columns: Mapping[str, ResultColumn]  #: before a pivot spreads them
    column: ResultColumn

    @property
    def key(self) -> str:
        return self.column.key

    @property
    def field(self) -> Field | None:
        """The dataset's field that it shows or is condensed from."""
        d = self.definition
        named = next((g.field for g in d.groupings if g.key == self.key), None)
        named = named or next((m.field for m in d.measures if m.key == self.key), None)
        return self.dataset.field(named or self.key)


def clicked_column() -> str | None:
    """Return the key of the column whose header was clicked."""
    state = st.session_state.get(keys.BUILDER_TABLE)
    chosen = state["selection"]["columns"] if state else []
    return chosen[0] if chosen else None


def column_menu(dataset: Dataset, definition: ReportDefinition, columns: Mapping[str, ResultColumn]) -> None:
    """Draw what can be done with the clicked column, or how to get there."""
    clicked = clicked_column()
    column = columns.get((clicked or "").partition("|")[0])
    if column is None:
        return
    subject = _Subject(dataset=dataset, definition=definition, columns=columns, column=column)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="builder_column_menu"):
        st.markdown(f"**{words.plain(column.label)}**", width="content")
        _sorts(subject)
        _filter(subject)
        _summarize(subject)
        _form(subject)
        hide = partial(set_option, key=column.key, is_hidden=True)
        _button("Hide", "visibility_off", "hide", hide)
        _button("Remove", "delete", "remove", partial(_removed, key=column.key, dataset=dataset))
        st.button(
            "Close", icon=":material/close:", key="builder_column_close", type="tertiary", help="Close", on_click=_close
        )


def _button(label: str, icon: str, name: str, edit: drafts.PlainEdit) -> None:
    drafts.act(label, key=f"builder_column_{name}", edit=edit, icon=f":material/{icon}:", type="tertiary")


def _close() -> None:
    st.session_state[keys.BUILDER_TABLE] = {"selection": {"rows": [], "columns": [], "cells": []}}


def _sorts(subject: _Subject) -> None:
    d = subject.definition
    groups = [g.key for g in d.groupings]
    if subject.key not in (groups if d.pivot else d.column_keys) or (d.pivot and subject.key in d.pivot.groupings):
        return
    kind = subject.column.type
    first, last = ("Oldest first", "Newest first") if kind.is_temporal else ("A to Z", "Z to A")
    if kind.is_number:
        first, last = "Smallest first", "Largest first"
    _button(first, "north", "ascending", partial(_sorted, key=subject.key, descending=False))
    _button(last, "south", "descending", partial(_sorted, key=subject.key, descending=True))


def _sorted(d: ReportDefinition, key: str, *, descending: bool) -> ReportDefinition:
    others = tuple(sort for sort in d.sort if sort.key != key)
    return replace(d, sort=(Sort(key=key, descending=descending), *others)[:_MOST_SORTS])


def _filter(subject: _Subject) -> None:
    over, name = _place(subject)
    if name not in over.fields:
        return
    st.button(
        "Filter",
        icon=":material/filter_alt:",
        key="builder_column_filter",
        type="tertiary",
        on_click=add_filter,
        args=(over, name),
    )


def _place(subject: _Subject) -> tuple[FilterPlace, str]:
    """Return where a filter of the column belongs: figures are filtered once they are computed."""
    d = subject.definition
    named = next((g.field for g in d.groupings if g.key == subject.key), None)
    if named is None and d.is_summary:
        return over_result(d, subject.columns), subject.key
    return over_fields(subject.dataset), named or subject.key


def _summarize(subject: _Subject) -> None:
    """Offer the grains of a date, the ways to condense a figure, or a summary of rows by this column."""
    choices = _ways(subject)
    if not choices:
        return
    picked = st.menu_button(
        "Summarize",
        list(choices),
        icon=":material/functions:",
        key="builder_column_summarize",
        type="tertiary",
        on_click=_summarized,
        args=(choices,),
    )
    del picked  # the callback has made it the draft already


def _summarized(choices: Mapping[str, drafts.PlainEdit]) -> None:
    edit = choices.get(st.session_state["builder_column_summarize"])
    if edit is not None:
        drafts.change(edit(drafts.current().definition))


def _ways(subject: _Subject) -> dict[str, drafts.PlainEdit]:
    d, field, key = subject.definition, subject.field, subject.key
    if field is None:
        return {}
    if any(g.key == key for g in d.groupings):
        grains = _GRAINS if field.type.is_temporal else ()
        return {
            f"By {words.GRAINS[grain]}": _move(subject, Move(do="grain", what=key, value=str(grain)))
            for grain in grains
        }
    if any(m.key == key for m in d.measures):
        return {
            f"{words.AGGREGATIONS[how]} {field.label.lower()}": _move(
                subject, Move(do="condense", what=key, value=str(how))
            )
            for how in preferred(field)
        }
    by = {f"Number of {subject.dataset.row_noun} by {field.label.lower()}": partial(_counted_by, field=field)}
    if not field.type.is_number:
        return dict(by)
    sums: dict[str, drafts.PlainEdit] = {
        f"{words.AGGREGATIONS[how]} {field.label.lower()}": partial(_only, field=field, how=how)
        for how in preferred(field)
    }
    return sums | by


def _move(subject: _Subject, move: Move) -> drafts.PlainEdit:
    return lambda d: moved(d, subject.dataset, move, preferred)


def _counted_by(d: ReportDefinition, *, field: Field) -> ReportDefinition:
    grouping = edits.grouping_of(field)
    summary = replace(d, columns=(), groupings=(grouping,), measures=(edits.COUNT,), calculations=(), chart=None)
    return edits.tidy(replace(summary, sort=(Sort(key=edits.COUNT.key, descending=True),)), d)


def _only(d: ReportDefinition, *, field: Field, how: Aggregation) -> ReportDefinition:
    measure = Measure(aggregation=how, field=field.name)
    return edits.tidy(replace(d, columns=(), measures=(measure,), calculations=(), sort=(), chart=None), d)


def _form(subject: _Subject) -> None:
    popover = st.popover(
        "Name, format, width", icon=":material/tune:", type="tertiary", key="builder_column_form", on_change="rerun"
    )
    if popover.open:
        with popover:
            column_form(subject.definition, subject.column, prefix="builder_header", hides=False)


def _removed(d: ReportDefinition, *, key: str, dataset: Dataset) -> ReportDefinition:
    if any(c.name == key for c in d.calculations):
        return edits.tidy(replace(d, calculations=tuple(c for c in d.calculations if c.name != key)), d)
    source = TABLE if not d.is_summary else ROWS if any(g.key == key for g in d.groupings) else VALUES
    return moved(d, dataset, Move(do="remove", what=key, source=source), preferred)
