"""One delivery in full: the message as its reader saw it, its files, the answers, and every step."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.sent import SentCopy, SentDelivery
from core.errors import BroadsheetError
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.delivery_states import DELIVERIES, RESENDABLE
from pages.widgets.link_history import link_history
from pages.widgets.mail import mail_page
from pages.widgets.states import mark, problem

_MAIL_HEIGHT = 760


def sent_detail(principal: Principal, delivery_id: UUID) -> None:
    """Draw one delivery."""
    try:
        found = broadsheet().sent.get(principal, delivery_id)
    except BroadsheetError as error:
        problem(error)
        return
    _head(principal, found)
    left, right = st.columns([8, 5], gap="large")
    with left:
        _message(principal, found)
    with right:
        _steps(principal, found)
        _files(found.copy)
        _came_back(principal, found)
        _links(principal, found)


def _head(principal: Principal, found: SentDelivery) -> None:
    line = found.line
    st.title(found.copy.subject if found.copy else line.title, anchor=False)
    when = words.moment(line.sent_at or line.created_at, principal.timezone)
    facts = f"To {line.whom} · {when}" + (f" · {line.schedule_name}" if line.schedule_name else "")
    st.html(f'<p class="bs-facts">{mark(*DELIVERIES[line.state])} {words.html(facts)}</p>')
    if line.error_message:
        st.caption(line.error_message)
    with st.container(horizontal=True):
        if line.state in RESENDABLE and principal.may(Permission.MANAGE_SCHEDULES):
            st.button("Send again", key=keys.SENT_RESEND, on_click=_send_again, args=(line.id,))
        st.page_link("runs.py", label="Its run", query_params={"run": str(line.run_id)}, icon=":material/history:")


def _send_again(delivery_id: UUID) -> None:
    try:
        broadsheet().runs.resend_delivery(guard(), delivery_id)
    except BroadsheetError as error:
        st.toast(error.user_message, icon=":material/error:")
    else:
        st.toast("It is on its way again.", icon=":material/send:")


def _message(principal: Principal, found: SentDelivery) -> None:
    if found.line.channel != "email" or found.copy is None or found.copy.sha256 is None:
        st.caption("There is no mail to show: what went out stands on the right.")
        return
    try:
        mail = broadsheet().sent.mail(principal, found.line.id)
    except BroadsheetError as error:
        problem(error)
        return
    with st.container(key="sent_mail"):
        st.iframe(mail_page(mail), height=_MAIL_HEIGHT, alt=f"Mail: {mail.subject}")
    if principal.may(Permission.MANAGE_EXPORTS):
        st.link_button("Save the mail", f"/saved/mail/{found.line.id}", icon=":material/download:")


def _steps(principal: Principal, found: SentDelivery) -> None:
    _eyebrow("What happened")
    for step in found.steps:
        said = f": {step.message}" if step.message else ""
        at = words.moment(step.at, principal.timezone, zone=False)
        st.caption(f"{at} · {DELIVERIES[step.state][0]}, attempt {step.attempt}{words.plain(said)}")
    if found.line.reference:
        st.caption(f"Its name at the other side: {words.plain(found.line.reference)}")


def _files(copy: SentCopy | None) -> None:
    if copy is None:
        return
    _eyebrow("Files")
    for file in copy.files:
        how = "as a link" if file.is_linked else "sent along"
        st.markdown(f"**{words.plain(file.file_name)}**  \n:gray[{words.size(file.size_bytes)}, {how}]")
        st.caption(f"SHA-256 {file.sha256}")
    if copy.sha256 is not None and copy.size_bytes is not None:
        st.caption(f"The whole message: {words.size(copy.size_bytes)}, SHA-256 {copy.sha256}")


def _came_back(principal: Principal, found: SentDelivery) -> None:
    if not found.bounces:
        return
    _eyebrow("What came back")
    for bounce in found.bounces:
        st.caption(f"{words.moment(bounce.happened_at, principal.timezone)} · {words.plain(bounce.reason)}")


def _links(principal: Principal, found: SentDelivery) -> None:
    if not found.links:
        return
    _eyebrow("Links in the message")
    link_history(principal, found.links)


def _eyebrow(text: str) -> None:
    st.html(f'<div class="bs-eyebrow">{text}</div>')
