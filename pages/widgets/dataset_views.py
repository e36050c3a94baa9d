"""The dataset editor's last tabs: the first rows, and who stands on the dataset while its source changes under it."""

from dataclasses import replace

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.catalog import Drift, Usage
from core.domain.dataset import Dataset
from core.errors import BreaksReports, BroadsheetError, SourceError
from pages.widgets import dataset_draft as drafts
from pages.widgets import dataset_edits as edits
from pages.widgets import dataset_questions as questions
from pages.widgets import keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.samples import sample_table
from pages.widgets.states import empty, mark, problem, source_problem

_ROWS = 50
_REPORTS = (rows.Column(title="Owner", width=170), rows.Column(title="Fields it uses", width=420, narrow=False))
_SCHEDULES = (rows.Column(title="State", width=120),)


def preview_panel(principal: Principal, draft: drafts.DatasetDraft) -> None:
    """Draw the first rows with all fields, as a report would show them."""
    try:
        with st.spinner("Asking the source …"):
            found = questions.sample(principal, draft.dataset, steps=None, rows=_ROWS)
    except BroadsheetError as error:
        source_problem(error, draft.dataset.source_id)
        if draft.saved is not None and isinstance(error, SourceError) and not error.retryable:
            st.button("See what changed", key="dataset_see_drift", on_click=_see_drift)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"The first {found.table.num_rows:,} {draft.dataset.row_noun}, in no particular order")
        st.button(
            "Ask again", icon=":material/refresh:", key="dataset_again", type="tertiary", on_click=questions.forget
        )
    if not found.table.num_rows:
        empty("There are no rows", "The table is empty, or the steps and required joins leave nothing over.")
        return
    sample_table(found, key="dataset_preview", timezone=principal.timezone, rows=18)


def _see_drift() -> None:
    st.session_state[keys.DATASET_TABS] = "Used by"


def usage_panel(principal: Principal, draft: drafts.DatasetDraft) -> None:
    """Draw the reports and schedules on the dataset, and how its source differs from it."""
    if draft.saved is None:
        st.caption("Nobody can use it before it is saved.")
        return
    try:
        usage = broadsheet().datasets.used_by(principal, draft.dataset.id)
    except BroadsheetError as error:
        problem(error)
        return
    _drift(principal, draft, draft.saved)
    _uses(draft, usage)


def _uses(draft: drafts.DatasetDraft, usage: Usage) -> None:
    if not usage.reports:
        empty("No report uses it yet", "Press New report to ask it the first question.", icon=":material/article:")
        return
    labels = {field.name: field.label for field in (*draft.dataset.fields, *draft.dataset.measures)}
    with st.container(key="dataset_reports", gap=None):
        rows.heading("Reports", _REPORTS, tail=0)
        for report in usage.reports:
            fields = ", ".join(labels.get(name, name) for name in report.fields)
            with rows.line(f"report_{report.id}"):
                link = rows.Link(page="builder.py", query={"report": str(report.id)})
                rows.row(
                    report.name, link, _REPORTS, (rows.fact(report.owner, quiet=True), rows.fact(fields, quiet=True))
                )
    if not usage.schedules:
        return
    with st.container(key="dataset_schedules", gap=None):
        rows.heading("Schedules", _SCHEDULES, tail=0)
        for schedule in usage.schedules:
            with rows.line(f"schedule_{schedule.id}"):
                link = rows.Link(page="runs.py", query={"schedule": str(schedule.id)})
                state = mark("Active", "green") if schedule.is_active else mark("Paused", "quiet")
                rows.row(schedule.name, link, _SCHEDULES, (state,))


def _drift(principal: Principal, draft: drafts.DatasetDraft, saved: Dataset) -> None:
    try:
        with st.spinner("Comparing with the source …"):
            drift = questions.drift(principal, saved)
    except BroadsheetError as error:
        source_problem(error, saved.source_id)
        return
    if not (drift.missing or drift.changed or drift.added):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(f'<p class="bs-facts">{mark("Its source has every column it was made of", "green")}</p>')
            _compare_again()
        return
    st.warning(
        "\n".join(f"- {line}" for line in _lines(draft, drift)), title=_summary(drift), icon=":material/difference:"
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if drift.added or drift.changed:
            _take_over(draft, drift)
        gone = [name for name in drift.broken_fields if draft.dataset.field(name)]
        if gone:
            drafts.act(
                "Take these fields out" if len(gone) > 1 else "Take this field out",
                key="dataset_drop_gone",
                edit=lambda d: edits.drop_fields(d, gone),
                help="An unsaved change: saving says which reports it touches.",
            )
        _compare_again()


def _compare_again() -> None:
    st.button(
        "Compare again",
        icon=":material/refresh:",
        key="dataset_drift_again",
        type="tertiary",
        on_click=questions.forget,
    )


def _summary(drift: Drift) -> str:
    parts = [
        f"{len(items)} column{'' if len(items) == 1 else 's'} {word}"
        for items, word in ((drift.missing, "gone"), (drift.changed, "changed"), (drift.added, "new"))
        if items
    ]
    return "The source has changed: " + ", ".join(parts)


def _lines(draft: drafts.DatasetDraft, drift: Drift) -> list[str]:
    labels = {field.name: field.label for field in draft.dataset.fields}
    lines = []
    for column in drift.missing:
        hit = ", ".join(labels.get(name, name) for name in column.fields)
        lines.append(
            f"**{words.plain(column.column)}** of {words.plain(column.table)} is gone"
            + (f"; {hit} cannot be answered" if hit else "")
        )
    lines += [
        f"**{words.plain(c.column)}** of {words.plain(c.table)} was {c.was} and is now {c.is_now}"
        for c in drift.changed
    ]
    lines += [f"**{words.plain(name)}** is new" for name in drift.added]
    return lines


def _take_over(draft: drafts.DatasetDraft, drift: Drift) -> None:
    if draft.is_changed:
        st.caption("Save or undo your changes, then take over what is new.")
        return
    label = "Take over new columns" if drift.added else "Take over changed types"
    st.button(
        label, key="dataset_refresh", on_click=_refresh, help="Saves them as a new version; labels stay as they are."
    )
    if isinstance(st.session_state.get(keys.DATASET_NOTICE), BreaksReports):
        st.button("Take over anyway", key="dataset_refresh_confirm", on_click=_refresh, kwargs={"is_confirmed": True})


def _refresh(*, is_confirmed: bool = False) -> None:
    draft = drafts.current()
    drafts.forget_questions()
    try:
        saved = broadsheet().datasets.refresh(
            guard(Permission.MANAGE_CATALOG), draft.dataset.id, is_confirmed=is_confirmed
        )
    except BroadsheetError as error:
        st.session_state[keys.DATASET_NOTICE] = error
        return
    added = len(saved.fields) - len(draft.dataset.fields)
    questions.forget()
    drafts.take_saved(saved)
    drafts.put(replace(drafts.current(), past=()))
    st.toast(f"{added} field{'' if added == 1 else 's'} added", icon=":material/check:")
