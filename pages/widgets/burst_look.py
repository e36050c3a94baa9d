"""Looking at recipients in the data before anything is sent: who gets what, and the report and mail of one of them."""

from uuid import UUID

import pandas as pd
import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.burst_preview import BurstPreview, Standing
from core.domain.schedule import Schedule, ScheduleDraft
from core.errors import BroadsheetError
from pages.widgets import form_values as form
from pages.widgets import keys, words
from pages.widgets import schedule_state as state
from pages.widgets.app import broadsheet, guard
from pages.widgets.schedule_files import chosen_options
from pages.widgets.schedule_parameters import given_json
from pages.widgets.states import problem

_LINES = 50
STANDINGS = {
    Standing.GETS: "Gets it",
    Standing.NO_ROWS: "No rows",
    Standing.INVALID: "Cannot be used",
    Standing.REFUSED: "Not allowed",
    Standing.SUPPRESSED: "Not written to",
}


def look_section(principal: Principal, report_id: UUID, schedule: Schedule | None) -> None:
    """Draw the buttons and what they found."""
    schedule_id = None if schedule is None else schedule.id
    st.button(
        "Show who gets what",
        key=keys.BURST_LOOK,
        icon=":material/groups:",
        on_click=_look,
        args=(report_id, schedule_id, 1),
        help="Nothing is sent.",
    )
    found = st.session_state.get(keys.BURST_FOUND)
    if isinstance(found, BroadsheetError):
        problem(found)
    elif found is not None:
        _table(found, report_id, schedule_id)
        _one(principal, report_id, schedule)


def counts_in_words(preview: BurstPreview) -> str:
    """Return how many get what: "12 recipients: 10 get their rows, 1 has none, 1 row cannot be used"."""
    count = preview.counts
    parts = [f"{count.get(Standing.GETS, 0):,} get their rows"]
    for standing, said in (
        (Standing.NO_ROWS, "have none"),
        (Standing.REFUSED, "may not receive reports"),
        (Standing.SUPPRESSED, "are not written to"),
        (Standing.INVALID, "rows cannot be used"),
    ):
        if count.get(standing):
            parts.append(f"{count[standing]:,} {said}")
    return f"{words.counted(preview.recipients, 'recipient', 'recipients')}: {', '.join(parts)}."


def _table(preview: BurstPreview, report_id: UUID, schedule_id: UUID | None) -> None:
    st.markdown(counts_in_words(preview))
    if preview.why_many is not None:
        st.caption(f"Each part is asked for by itself, as {preview.why_many}. Rows are counted for the lines shown.")
    elif preview.size_bytes is not None:
        st.caption(f"All mails together hold about {words.size(preview.size_bytes)} of files.")
    lines = pd.DataFrame(
        [
            {
                "Row": one.line,
                "Address": one.address,
                "Name": one.name,
                "Values": ", ".join(one.values),
                "Rows": one.rows,
                "About": "" if one.size_bytes is None else words.size(one.size_bytes),
                "What happens": STANDINGS[one.standing],
                "Why": one.reason,
            }
            for one in preview.lines.items
        ]
    )
    st.dataframe(lines, hide_index=True, width="stretch")
    pages = -(-preview.lines.total // _LINES)
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            page = preview.lines.page
            for label, to, off in (("Earlier", page - 1, page <= 1), ("Later", page + 1, page >= pages)):
                st.button(label, key=f"burst_{label}", disabled=off, on_click=_look, args=(report_id, schedule_id, to))
            st.caption(f"Page {page} of {pages}")


def _one(principal: Principal, report_id: UUID, schedule: Schedule | None) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        address = st.text_input(
            "As one of them", key=form.keep("burst_as", form.read()), placeholder="name@example.com"
        )
        if st.button("Preview", key=keys.BURST_AS, disabled=not address):
            _as_recipient(report_id, address)
        st.button(
            "Send a test only to me",
            key=keys.BURST_TEST,
            disabled=not address or schedule is None,
            help=f"The mail of this recipient goes to {principal.email}." if schedule else "Save the schedule first.",
            on_click=_test,
            args=(schedule.id if schedule else None, address),
        )


@st.dialog("As the recipient gets it", width="large")
def _as_recipient(report_id: UUID, address: str) -> None:
    try:
        principal = guard(Permission.MANAGE_SCHEDULES)
        draft = _draft(principal, report_id)
        shown = broadsheet().bursts.preview_as(principal, draft, address, limit=_LINES)
        mail = broadsheet().bursts.mail_as(principal, draft, address)
    except BroadsheetError as error:
        problem(error)
        return
    preview = shown.preview
    st.caption(f"{words.counted(preview.rows_matched, 'row', 'rows')} for {words.plain(address)}")
    labels = {column.key: column.label for column in preview.columns}
    st.dataframe(preview.table.to_pandas().rename(columns=labels), hide_index=True, width="stretch")
    st.markdown(f"**{words.plain(mail.subject)}**  \n:gray[To {words.plain(mail.to)}]")
    st.iframe(mail.html, height=420)


def _draft(principal: Principal, report_id: UUID) -> ScheduleDraft:
    return state.draft_of(form.read(), report_id, "", given_json(principal, report_id), chosen_options())


def _look(report_id: UUID, schedule_id: UUID | None, page: int) -> None:
    try:
        principal = guard(Permission.MANAGE_SCHEDULES)
        draft = _draft(principal, report_id)
        found: object = broadsheet().bursts.preview(principal, draft, schedule_id=schedule_id, page=page, limit=_LINES)
    except BroadsheetError as error:
        found = error
    st.session_state[keys.BURST_FOUND] = found


def _test(schedule_id: UUID | None, address: str) -> None:
    if schedule_id is None:
        return
    try:
        broadsheet().runs.test_schedule(guard(Permission.MANAGE_EXPORTS), schedule_id, recipient=address)
    except BroadsheetError as error:
        st.session_state[keys.BURST_FOUND] = error
        return
    st.toast(f"The mail of {address} is on its way to you", icon=":material/mail:")
