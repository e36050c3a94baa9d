"""Mail that was written to the outbox because there is no mail server, shown as its readers would see it."""

from typing import TYPE_CHECKING

import streamlit as st

from core.domain.access import Permission
from core.errors import BroadsheetError
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.mail import mail_page
from pages.widgets.screen import entered, heading
from pages.widgets.states import empty, problem

if TYPE_CHECKING:
    from core.services.outbox import OutboxEntry

_SHOWN = 50
_MAIL_HEIGHT = 760


def label(mail: "OutboxEntry", timezone: str) -> str:
    """Return a mail as one entry of the list."""
    address = mail.to.replace("@", "\u2060@")  # a word joiner, or Markdown would make it a link
    return f"**{words.plain(mail.subject)}**  \n:gray[{address}]  \n:gray[{words.moment(mail.made_at, timezone)}]"


principal = guard(Permission.VIEW_REPORTS)
entered("outbox")
with heading("Sent mail", "outbox"):
    st.button("Look again", icon=":material/refresh:", key=keys.OUTBOX_AGAIN)
st.caption("There is no mail server yet, so mail is kept here instead of being sent. Set SMTP_HOST to send it.")
try:
    mails = broadsheet().outbox.list(principal)[:_SHOWN]
except BroadsheetError as error:
    problem(error)
    st.stop()
if not mails:
    empty("No mail yet", "Send a schedule now, and its mail appears here.", icon=":material/mail:")
    st.stop()
chosen, shown = st.columns([4, 8], gap="large")
by_name = {mail.name: mail for mail in mails}
if st.session_state.get(keys.OUTBOX_MAIL) not in by_name:
    st.session_state[keys.OUTBOX_MAIL] = next(iter(by_name))
with chosen, st.container(key="outbox_list"):
    st.radio(
        "Mails",
        list(by_name),
        key=keys.OUTBOX_MAIL,
        label_visibility="collapsed",
        format_func=lambda name: label(by_name[name], principal.timezone),
    )
with shown:
    try:
        mail = broadsheet().outbox.read(principal, st.session_state[keys.OUTBOX_MAIL])
    except BroadsheetError as error:
        problem(error)
        st.stop()
    st.html(f'<h3 class="bs-section">{words.html(mail.subject)}</h3>')
    facts = f"To {mail.to} · {words.moment(mail.made_at, principal.timezone)}"
    st.html(f'<p class="bs-facts bs-quiet">{words.html(facts)}</p>')
    with st.container(key="outbox_mail"):
        st.iframe(mail_page(mail), height=_MAIL_HEIGHT, alt=f"Mail: {mail.subject}")
