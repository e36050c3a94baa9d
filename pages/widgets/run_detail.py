"""One run in full: its state, files, deliveries, timeline, and what can be done about it."""

from html import escape
from uuid import UUID
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.delivery import Delivery, DeliveryState
from core.domain.run import Run, RunState
from core.errors import BroadsheetError
from pages.widgets import words
from pages.widgets.app import broadsheet, guard
from pages.widgets.delivery_states import DELIVERIES, RESENDABLE
from pages.widgets.file_links import file_path
from pages.widgets.mishap import shielded
from pages.widgets.parameters import run_words
from pages.widgets.run_burst import burst_deliveries
from pages.widgets.run_changes import changes
from pages.widgets.run_standing import marks, standing_line
from pages.widgets.run_tools import do, run_tools
from pages.widgets.states import mark, problem, run_mark

_POLL_S = 0.8
_HELD_POLL_S = 15.0


def run_detail(run_id: UUID) -> None:
    """Draw a run, and look again until it has ended; seldom where a person has to decide first."""
    try:
        run = broadsheet().runs.get_run(guard(Permission.VIEW_REPORTS), run_id)
    except BroadsheetError as error:
        problem(error)
        return
    every = None if run.state.is_final else _HELD_POLL_S if run.state is RunState.HELD else _POLL_S
    st.fragment(shielded(_body), run_every=every)(run_id, run.state)


def _body(run_id: UUID, was: RunState) -> None:
    principal = guard(Permission.VIEW_REPORTS)
    run = broadsheet().runs.get_run(principal, run_id)
    if run.state is not was and (run.state.is_final or RunState.HELD in (run.state, was)):
        st.rerun()
    _head(principal, run)
    left, right = st.columns([6, 5], gap="large")
    with left:
        _files(principal, run)
        _deliveries(principal, run)
    with right:
        changes(principal, run)
        _timeline(principal, run)


def _head(principal: Principal, run: Run) -> None:
    standing = broadsheet().runs.standing(principal, run.id)
    title, tools = st.columns([6, 5], vertical_alignment="center")
    title.title(run.title, anchor=False)
    with tools.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        run_tools(run, standing)
    facts = " · ".join(escape(fact) for fact in _facts(principal, run))
    st.html(f'<p class="bs-facts">{run_mark(run.state)} {marks(run)} {facts}</p>')
    given = run_words(run)
    if given:
        st.caption(words.plain(f"Given: {given}"))
    standing_line(run, standing, dict(broadsheet().schedules.formats()))


def _facts(principal: Principal, run: Run) -> list[str]:
    facts = [words.RUN_KINDS[run.kind], words.moment(run.scheduled_for or run.created_at, principal.timezone)]
    if run.scheduled_for is None and run.logical_at.date() != run.created_at.date():
        facts.append(f"as of {words.moment(run.logical_at, principal.timezone, zone=False)}")
    if run.report_version:
        facts.append(f"version {run.report_version}")
    if run.rows_delivered is not None and run.rows_matched is not None:
        of = f" of {run.rows_matched:,}" if run.rows_matched != run.rows_delivered else ""
        facts.append(f"{run.rows_delivered:,}{of} rows")
    return facts


def _files(principal: Principal, run: Run) -> None:
    st.html('<div class="bs-eyebrow">Files</div>')
    if run.is_burst:
        st.caption("Each recipient has files of their own. Sent shows what went to whom.")
    elif not run.artifacts:
        st.caption("No files were made." if run.state.is_final else "No files yet.")
    for artifact in run.artifacts:
        with st.container(horizontal=True, vertical_alignment="center", key=f"run_file_{artifact.id}"):
            manifest = artifact.manifest
            facts = f"{words.size(artifact.size_bytes)}, {manifest.rows_delivered:,} rows"
            facts += ", opens with the password" if manifest.lock else ""
            st.markdown(f"**{artifact.file_name}**  \n:gray[{facts}]", width="stretch")
            if artifact.removed_in_words is not None:
                st.caption(artifact.removed_in_words)
            elif principal.may(Permission.MANAGE_EXPORTS):
                st.link_button("Download", file_path(principal, artifact.id), icon=":material/download:")
        for note in manifest.notes:
            st.caption(note)
        for column, altered in manifest.altered.items():
            st.caption(f"{column}: " + ", ".join(f"{count:,} {what}" for what, count in altered.items()))


def _deliveries(principal: Principal, run: Run) -> None:
    if run.is_burst:
        burst_deliveries(principal, run)
        return
    if not run.deliveries:
        return
    st.html('<div class="bs-eyebrow">Deliveries</div>')
    for delivery in run.deliveries:
        with st.container(horizontal=True, vertical_alignment="center", key=f"run_delivery_{delivery.id}"):
            st.html(_delivery(principal, delivery), width="stretch")
            if delivery.state in RESENDABLE and principal.may(Permission.MANAGE_SCHEDULES):
                st.button(
                    "Send again",
                    key=f"run_resend_{delivery.id}",
                    on_click=do,
                    args=(broadsheet().runs.resend_delivery, delivery.id),
                )


def _delivery(principal: Principal, delivery: Delivery) -> str:
    said = delivery.error_message or words.moment(delivery.sent_at, principal.timezone)
    if delivery.state is DeliveryState.RETRY and delivery.next_attempt_at:
        said = f"{said} Tried again {words.moment(delivery.next_attempt_at, principal.timezone)}."
    return (
        f'<div class="bs-item"><div>{escape(delivery.address)}</div>'
        f'<div>{mark(*DELIVERIES[delivery.state])}</div><div class="bs-quiet bs-note">{escape(said or "")}</div></div>'
    )


def _timeline(principal: Principal, run: Run) -> None:
    st.html('<div class="bs-eyebrow">Timeline</div>')
    lines = "".join(
        f"<li><time>{event.at.astimezone(ZoneInfo(principal.timezone)):%H:%M:%S}</time>"
        f"<span>{escape(event.message)}</span></li>"
        for event in run.events
    )
    st.html(f'<ol class="bs-timeline">{lines}</ol>')
    parts = (("Query", run.query_s), ("Files", run.render_s), ("Delivery", run.deliver_s))
    took = " · ".join(f"{name} {words.seconds(value)}" for name, value in parts if value is not None)
    if took:
        st.caption(took)
