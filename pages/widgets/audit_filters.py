"""Which events of the audit are shown: by person, action, object and days; and the same as a file."""

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.access import Principal
from core.domain.audit_reading import AuditFilter, action_words
from pages.widgets import keys
from pages.widgets.app import broadsheet

EVERY = ""


def audit_filters(principal: Principal) -> None:
    """Draw them."""
    with st.container(key="audit_filters", horizontal=True, gap="small"):
        for key, label in ((keys.AUDIT_PERSON, "Person"), (keys.AUDIT_OBJECT, "Of what")):
            st.text_input(label, key=key, placeholder=label, label_visibility="collapsed", on_change=_first, width=210)
        st.selectbox(
            "What was done",
            [EVERY, *broadsheet().audit.actions(principal)],
            key=keys.AUDIT_ACTION,
            format_func=lambda action: action_words(action) if action != EVERY else "Every action",
            label_visibility="collapsed",
            on_change=_first,
            width=230,
        )
        st.date_input("Days", value=(), key=keys.AUDIT_DAYS, label_visibility="collapsed", on_change=_first, width=250)


def csv_button(principal: Principal) -> None:
    """Draw the way to take along what is shown; the file is made when it is asked for."""
    wanted = chosen(principal)
    asked = {
        "person": wanted.person,
        "object": wanted.named,
        "action": wanted.action,
        "from": wanted.since and wanted.since.isoformat(),
        "to": wanted.until and wanted.until.isoformat(),
    }
    given = urlencode({name: value for name, value in asked.items() if value})
    st.link_button("As CSV", f"/saved/audit.csv?{given}", icon=":material/download:")


def chosen(principal: Principal) -> AuditFilter:
    """Return what is asked for; days are those of the person."""
    days: tuple[date, ...] = st.session_state.get(keys.AUDIT_DAYS) or ()
    zone = ZoneInfo(principal.timezone)
    return AuditFilter(
        person=st.session_state.get(keys.AUDIT_PERSON, ""),
        named=st.session_state.get(keys.AUDIT_OBJECT, ""),
        action=st.session_state.get(keys.AUDIT_ACTION, EVERY),
        since=_start(days[0], zone) if days else None,
        until=_start(days[-1] + timedelta(days=1), zone) if days else None,
    )


def is_filtered() -> bool:
    """Whether anything is asked for."""
    return any(
        st.session_state.get(key) for key in (keys.AUDIT_PERSON, keys.AUDIT_OBJECT, keys.AUDIT_ACTION, keys.AUDIT_DAYS)
    )


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _first() -> None:
    """Begin a changed list at its start."""
    st.session_state.pop(keys.AUDIT_CURSORS, None)
