"""The draft beyond this browser tab: opened by the address, kept with every change, offered again, thrown away."""

from dataclasses import replace
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.report_draft import ReportDraft
from core.errors import BroadsheetError
from pages.widgets import draft as drafts
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard

REPORT, DRAFT = "report", "draft"


def opened(principal: Principal, *, entered: bool) -> drafts.Draft | None:
    """Return the draft that the address names, as it was left; None where a new report is to be begun.

    `entered`: the screen was just opened, so a report without changes is read again. Raises what the services raise,
    and ValueError for an address that names nothing.
    """
    report_id, draft_id = _named(REPORT), _named(DRAFT)
    present = drafts.find(report_id, draft_id)
    if present is None or (entered and present.report_id is not None and not present.is_changed):
        present = _read(principal, report_id, draft_id)
    if present is None:
        return None
    if entered and present.report_id is not None:
        broadsheet().reports.viewed(principal, present.report_id)
    if entered or drafts.find(report_id, draft_id) is None:
        st.session_state[keys.BUILDER_PAGE] = 1
    drafts.put(present)
    if present.report_id is None:
        st.query_params[DRAFT] = str(present.id)
    return present


def _named(parameter: str) -> UUID | None:
    named = st.query_params.get(parameter)
    return UUID(named) if named else None


def _read(principal: Principal, report_id: UUID | None, draft_id: UUID | None) -> drafts.Draft | None:
    services = broadsheet()
    if report_id is None:
        kept = services.drafts.load(principal, draft_id) if draft_id else None
        return None if kept is None else _resumed(_new(kept), kept)
    fresh = drafts.of_report(services.reports.get(principal, report_id))
    kept = services.drafts.load(principal, report_id)
    return fresh if kept is None else _resumed(fresh, kept)


def take_up(kept: ReportDraft) -> None:
    """Go on with a report that was never saved."""
    draft = _new(kept)
    drafts.put(draft)
    st.session_state[keys.BUILDER_KEPT] = _content(draft)
    st.query_params[DRAFT] = str(draft.id)


def _new(kept: ReportDraft) -> drafts.Draft:
    first_name = "" if kept.is_touched else kept.name
    made = drafts.new(kept.definition, kept.name)
    return replace(made, id=kept.id, description=kept.description, first_name=first_name)


def _resumed(fresh: drafts.Draft, kept: ReportDraft) -> drafts.Draft:
    """Return the draft as it was kept, one step after what was saved, and remember to say so."""
    left = replace(
        fresh,
        version=kept.version if fresh.report_id else None,
        name=kept.name,
        description=kept.description,
        definition=kept.definition,
        past=() if fresh.definition == kept.definition else (fresh.definition,),
    )
    if kept.is_touched and left.is_changed and kept.updated_at is not None:
        st.session_state[keys.BUILDER_RESUMED] = (kept.id, kept.updated_at)
    st.session_state[keys.BUILDER_KEPT] = _content(left)
    return left if left.is_changed else fresh


def keep(principal: Principal, draft: drafts.Draft) -> None:
    """Keep what changed since it was kept last; a draft that is as it was saved need not be kept."""
    content = _content(draft)
    before = st.session_state.get(keys.BUILDER_KEPT)
    if content == before:
        return
    st.session_state[keys.BUILDER_KEPT] = content
    service = broadsheet().drafts
    if draft.is_changed:
        service.keep(principal, _kept(draft))
    elif before is not None and before[0] == draft.id:
        service.forget(principal, draft.id)


def _content(draft: drafts.Draft) -> tuple[object, ...]:
    return draft.id, draft.name, draft.description, draft.asked, draft.is_touched


def _kept(draft: drafts.Draft) -> ReportDraft:
    return ReportDraft(
        id=draft.id,
        report_id=draft.report_id,
        version=draft.version,
        name=draft.name,
        description=draft.description,
        definition=draft.asked,
        is_touched=draft.is_touched,
    )


def resumed_notice(principal: Principal, draft: drafts.Draft) -> None:
    """Say that the screen shows what was left unsaved, until somebody goes on or throws it away."""
    resumed = st.session_state.get(keys.BUILDER_RESUMED)
    if resumed is None or resumed[0] != draft.id or not draft.is_changed:
        return
    when = words.moment(resumed[1], principal.timezone)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="builder_resumed"):
        st.markdown(f"You have an unsaved draft of {when}. It is what you see.", width="content")
        st.button("Go on", key="builder_resumed_go", on_click=_go_on)
        st.button("Throw away", key="builder_resumed_drop", type="tertiary", on_click=throw_away, args=(draft.id,))


def _go_on() -> None:
    st.session_state.pop(keys.BUILDER_RESUMED, None)


def throw_away(draft_id: UUID) -> None:
    """Drop a draft here and where it is kept; a report is then as it was saved."""
    try:
        broadsheet().drafts.forget(guard(), draft_id)
    except BroadsheetError as error:
        st.session_state[keys.BUILDER_NOTICE] = error.user_message
        return
    _go_on()
    st.session_state.pop(keys.BUILDER_KEPT, None)
    if st.session_state.get(keys.DRAFT) == draft_id:
        drafts.discard()
    if st.query_params.get(DRAFT) == str(draft_id):
        del st.query_params[DRAFT]


def settled(principal: Principal, old: drafts.Draft, new: drafts.Draft) -> None:
    """Put a report that was just saved on the screen, and drop the draft that it was."""
    broadsheet().drafts.forget(principal, old.id)
    drafts.discard()
    drafts.put(new)
    st.session_state[keys.BUILDER_KEPT] = _content(new)
    if DRAFT in st.query_params:
        del st.query_params[DRAFT]
    st.query_params[REPORT] = str(new.report_id)
