"""The editor's third tab: the steps in their order, the form of the chosen one, and the rows after it."""

import re
from dataclasses import replace
from functools import partial
from html import escape

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset, Source
from core.domain.field import Field
from core.domain.relation import SqlOrigin, Step
from core.errors import BroadsheetError, InvalidInput
from pages.widgets import catalog_words as catalog
from pages.widgets import dataset_draft as drafts
from pages.widgets import dataset_edits as edits
from pages.widgets import dataset_questions as questions
from pages.widgets import keys
from pages.widgets.field_table import loose_ends
from pages.widgets.samples import sample_table
from pages.widgets.sql_panel import sql_panel
from pages.widgets.states import source_problem
from pages.widgets.step_forms import step_form
from pages.widgets.step_place import Place
from pages.widgets.step_starts import first_step
from pages.widgets.words import plain

_ROWS = 20
#: Chosen where the rows before the first step are looked at.
_START = -1


def steps_panel(principal: Principal, draft: drafts.DatasetDraft, source: Source) -> None:
    """Draw the steps at the left, the chosen one and its rows at the right."""
    dataset = draft.dataset
    chosen = min(st.session_state.get(keys.DATASET_STEP, len(dataset.steps) - 1), len(dataset.steps) - 1)
    left, right = st.columns([4, 8], gap="large")
    with left, st.container(key="dataset_steps", gap=None):
        _steps(dataset, chosen)
        _add(dataset)
    with right:
        if dataset.steps and chosen != _START:
            wrong = drafts.problem_at(f"steps[{chosen}]")
            if wrong:
                st.error(wrong, icon=":material/error:")
            _chosen(principal, dataset, chosen, source)
        elif not dataset.steps:
            st.caption(
                "Steps change the rows and columns before anybody asks about them: "
                "read a text as a date, replace codes by words, leave test rows out. Each can be looked at."
            )
        if isinstance(dataset.origin, SqlOrigin) and (chosen == _START or not dataset.steps):
            sql_panel(principal, dataset, dataset.origin)
        _rows(principal, dataset, chosen + 1 if dataset.steps else 0)
        if chosen == len(dataset.steps) - 1:
            loose_ends(dataset)


def _steps(dataset: Dataset, chosen: int) -> None:
    start = "The SQL as it is" if isinstance(dataset.origin, SqlOrigin) else "The table as it is"
    _step_button(start, ":material/table:", _START, is_chosen=chosen == _START)
    for position, step in enumerate(dataset.steps):
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", key=f"dataset_step_row_{position}"
        ):
            icon = catalog.STEPS[type(step)][1]
            label = f"{position + 1}\\. {plain(catalog.step_title(step))}"
            _step_button(label, icon, position, is_chosen=chosen == position)
            if position:
                up = partial(edits.move_step, position=position, by=-1)
                drafts.act(
                    "",
                    key=f"dataset_step_up_{position}",
                    edit=up,
                    icon=":material/arrow_upward:",
                    type="tertiary",
                    help="Earlier",
                )
            if position < len(dataset.steps) - 1:
                down = partial(edits.move_step, position=position, by=1)
                drafts.act(
                    "",
                    key=f"dataset_step_down_{position}",
                    edit=down,
                    icon=":material/arrow_downward:",
                    type="tertiary",
                    help="Later",
                )
            drop = partial(edits.set_step, position=position, step=None)
            drafts.act(
                "",
                key=f"dataset_step_drop_{position}",
                edit=drop,
                icon=":material/close:",
                type="tertiary",
                help="Take it out",
            )


def _step_button(label: str, icon: str, position: int, *, is_chosen: bool) -> None:
    st.button(
        label,
        key=f"dataset_step_{'chosen' if is_chosen else 'at'}_{position + 1}",
        icon=icon,
        type="tertiary",
        width="stretch",
        on_click=_choose,
        args=(position,),
    )


def _choose(position: int) -> None:
    st.session_state[keys.DATASET_STEP] = position


def _add(dataset: Dataset) -> None:
    picked = st.menu_button(
        "Add a step",
        list(catalog.STEPS),
        format_func=lambda kind: catalog.STEPS[kind][0],
        icon=":material/add:",
        key="dataset_step_add",
    )
    if picked is not None:
        add_step(dataset, picked)
        st.rerun()


def add_step(dataset: Dataset, kind: type[Step]) -> None:
    """Append a step of a kind, filled in as far as can be guessed, and choose it."""
    columns = questions.columns_of(dataset)
    base = edits.with_columns(dataset, edits.source_columns(questions.columns_of(dataset, 0)))
    drafts.change(edits.set_step(base, len(base.steps), first_step(kind, columns)))
    st.session_state[keys.DATASET_STEP] = len(base.steps)


def _chosen(principal: Principal, dataset: Dataset, position: int, source: Source) -> None:
    step = dataset.steps[position]
    columns = {field.source_column: field for field in questions.columns_of(dataset, position)}
    with st.container(key=f"dataset_step_form_{position}"):
        st.html(f'<h2 class="bs-part">{catalog.STEPS[type(step)][0]}</h2>')
        step_form(step, Place(position=position, columns=columns, principal=principal, source=source))
        drafts.control(
            st.text_input,
            "Name of the step (optional)",
            key=f"dataset_step_{position}_title",
            value=step.title,
            edit=lambda d, text: edits.set_step(d, position, replace(d.steps[position], title=(text or "").strip())),
            placeholder=catalog.step_words(step),
            max_chars=200,
        )


def _rows(principal: Principal, dataset: Dataset, after: int, *, title: str = "") -> None:
    """Draw the rows after so many steps; where a step still lacks something, that, and the rows before it."""
    try:
        with st.spinner("Asking the source …"):
            found = questions.sample(principal, dataset, steps=after, rows=_ROWS)
    except InvalidInput as error:
        number = min(_number_of(error.place) or after, after)
        if not title:
            lacking = catalog.step_lacks(dataset.steps[number - 1]) if number else ""
            said = lacking or error.user_message
            where = f"Step {number}: " if number != after else ""
            st.html(f'<p class="bs-verdict bs-state bs-amber">{escape(where + said)}</p>')
        if number:
            _rows(principal, dataset, number - 1, title=f"Rows before step {number}")
        return
    except BroadsheetError as error:
        source_problem(error, dataset.source_id)
        return
    start = "Rows of the SQL" if isinstance(dataset.origin, SqlOrigin) else "Rows of the table"
    st.html(f'<div class="bs-eyebrow">{title or (f"Rows after step {after}" if after else start)}</div>')
    before: tuple[Field, ...] = questions.columns_of(dataset, after - 1) if after else ()
    known = {field.source_column for field in before}
    made = [column.key for column in found.columns if column.key not in known] if after else []
    count = "No row is left" if not found.table.num_rows else f"The first {found.table.num_rows} rows"
    more = f"; new: {', '.join(made)}" if made and not title else ""
    st.caption(f"{count}, {len(found.columns)} columns{plain(more)}")
    if found.table.num_rows:
        key = f"dataset_step_rows_{after}"
        sample_table(found, key=key, timezone=principal.timezone, rows=10, by_column=True)


def _number_of(place: str | None) -> int:
    """Return which step a place is in, counted from 1; 0 where it is in none."""
    found = re.match(r"steps\[(\d+)\]", place or "")
    return int(found[1]) + 1 if found else 0
