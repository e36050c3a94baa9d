"""Mail that comes back: the addresses that mail services report to, setting one up, and what came back last."""

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.bounce import Bounce, BounceIntake, BounceKind
from core.errors import BroadsheetError
from pages.widgets import rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import mark, problem

PICK, SET_UP, REMOVE, SECRET, NOTICE = "bounce_pick", "bounce_set_up", "bounce_remove", "bounce_secret", "bounce_notice"
_SHOWN = 10
_KINDS = {
    BounceKind.HARD: ("Nobody there", "bad"),
    BounceKind.SOFT: ("Not this time", "quiet"),
    BounceKind.COMPLAINT: ("Called spam", "bad"),
}


def bounce_intakes(caller: Principal) -> None:
    """Draw who reports here and what came back."""
    st.html('<h3 class="bs-section">Mail that comes back</h3>')
    st.caption("A mail service can report here when nobody is reached. That address then gets no more mail.")
    notice = st.session_state.pop(NOTICE, None)
    if notice is not None:
        problem(notice)
    intakes = {one.provider: one for one in broadsheet().bounces.intakes(caller)}
    picked = st.selectbox("Mail service", list(intakes), key=PICK, format_func=lambda key: _name(intakes[key]))
    _intake(caller, intakes[picked])
    _by_mail()
    _last(caller)


def _name(intake: BounceIntake) -> str:
    return f"{intake.label}, reports here" if intake.is_set_up else intake.label


def _intake(caller: Principal, intake: BounceIntake) -> None:
    """One service: the address to copy where it is known already, and what it is known by."""
    if intake.is_set_up:
        st.caption("Give the service this address for bounces and complaints.")
        st.code(f"{broadsheet().settings.base_url}{intake.path}", language=None, wrap_lines=True)
        st.caption(_heard(caller, intake))
    with st.form("bounce_form", border=False):
        for name, help_ in intake.secret_fields.items():
            kind = "default" if name in ("topic", "user", "public_key") else "password"
            st.text_input(words.plain(help_), key=_field(intake, name), type=kind)  # type: ignore[arg-type]
        label = "Set up again, with a new address" if intake.is_set_up else "Set up"
        st.form_submit_button(label, key=SET_UP, on_click=_set_up, args=(intake,))
    if intake.is_set_up:
        st.button("Stop listening", key=REMOVE, type="tertiary", on_click=_remove, args=(intake,))


def _heard(caller: Principal, intake: BounceIntake) -> str:
    if intake.last is None:
        return "Nothing was reported yet."
    return f"Last report: {words.moment(intake.last.happened_at, caller.timezone)}."


def _by_mail() -> None:
    """Delivery reports that mail servers send are the operator's matter."""
    settings = broadsheet().settings
    places = []
    if settings.bounce_imap_host:
        places.append("a mailbox")
    if settings.bounce_folder is not None:
        places.append("a folder")
    if places:
        st.caption(
            f"Delivery reports that mail servers send by mail are read from {' and '.join(places)} every minute."
        )
    else:
        st.caption("Delivery reports that mail servers send by mail are not read: your operator named no mailbox.")


def _last(caller: Principal) -> None:
    listed = broadsheet().bounces.list(caller, limit=_SHOWN)
    if not listed.items:
        return
    st.html('<div class="bs-eyebrow">What came back</div>')
    with st.container(gap=None):
        for one in listed.items:
            _line(caller, one)
    if listed.total > len(listed.items):
        st.caption(f"The newest {len(listed.items)} of {listed.total:,}.")


def _line(caller: Principal, one: Bounce) -> None:
    after = " · gets nothing any more" if one.is_left_alone else ""
    with rows.line(f"bounce_{one.id}"):
        st.html(mark(*_KINDS[one.kind]), width=120)
        rows.two_lines(one.address, f"{words.moment(one.happened_at, caller.timezone)}{after}")
        if one.delivery_id is not None:
            st.page_link("sent.py", label="Its mail", query_params={"delivery": str(one.delivery_id)})
    if one.reason:
        st.caption(words.plain(one.reason))


def _field(intake: BounceIntake, name: str) -> str:
    return f"{SECRET}_{intake.provider}_{name}"


def _set_up(intake: BounceIntake) -> None:
    secrets = {name: st.session_state[_field(intake, name)] for name in intake.secret_fields}
    try:
        broadsheet().bounces.set_up(guard(Permission.MANAGE_MEMBERS), intake.provider, secrets)
    except BroadsheetError as error:
        st.session_state[NOTICE] = error
        return
    for name in intake.secret_fields:
        st.session_state[_field(intake, name)] = ""
    st.toast(f"{intake.label} can report here now.", icon=":material/check:")


def _remove(intake: BounceIntake) -> None:
    try:
        broadsheet().bounces.remove(guard(Permission.MANAGE_MEMBERS), intake.provider)
    except BroadsheetError as error:
        st.session_state[NOTICE] = error
