"""How mails leave the organization: its mail server with a test, the signing of mails, and mail that comes back."""

from typing import Any

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.mail_server import EmailConfig, EmailConfigDraft, EmailPreset
from core.errors import BroadsheetError
from pages.widgets import words
from pages.widgets.app import broadsheet, guard
from pages.widgets.bounce_intakes import bounce_intakes
from pages.widgets.screen import entered
from pages.widgets.states import problem

PRESET, HOST, PORT, SECURITY = "mail_preset", "mail_host", "mail_port", "mail_security"
USER, PASSWORD, SENDER = "mail_user", "mail_password", "mail_sender"
NOTICE, TESTED = "mail_notice", "mail_tested"
SAVE, TEST, REMOVE, SIGN, UNSIGN = "mail_save", "mail_test", "mail_remove", "mail_sign", "mail_unsign"
_SECURITIES = {"starttls": "STARTTLS", "tls": "TLS", "none": "None"}


def fill(config: EmailConfig, first: EmailPreset) -> None:
    """Start from what is saved, or from the first preset."""
    own = config.version > 0
    st.session_state[PRESET] = config.preset if own else first.key
    st.session_state[HOST] = config.host if own else first.host
    st.session_state[PORT] = config.port if own else first.port
    st.session_state[SECURITY] = config.security if own else first.security
    st.session_state[USER] = config.user
    st.session_state[PASSWORD] = ""
    st.session_state[SENDER] = config.sender if own else ""
    st.session_state.pop(TESTED, None)


def take_preset(presets: dict[str, EmailPreset]) -> None:
    """Put a provider's server into the form."""
    preset = presets[st.session_state[PRESET]]
    st.session_state[HOST], st.session_state[PORT] = preset.host, preset.port
    st.session_state[SECURITY] = preset.security


def draft() -> EmailConfigDraft:
    """Return what the form says; an empty password field keeps the saved one."""
    state: Any = st.session_state
    return EmailConfigDraft(
        preset=state[PRESET],
        host=state[HOST],
        port=int(state[PORT]),
        security=state[SECURITY],
        user=state[USER],
        sender=state[SENDER],
        password=state[PASSWORD] or None,
    )


def act(what: str) -> None:
    """Do what a button says; a mistake is shown on the next run."""
    service, caller = broadsheet().email_config, guard(Permission.MANAGE_MEMBERS)
    st.session_state.pop(TESTED, None)
    try:
        if what == TEST:
            st.session_state[TESTED] = service.test(caller, draft())
            return
        if what == SAVE:
            service.save(caller, draft())
            st.session_state[PASSWORD] = ""
        elif what == REMOVE:
            service.delete(caller)
            st.session_state.pop(PRESET, None)
        elif what == SIGN:
            service.sign(caller)
        else:
            service.stop_signing(caller)
    except BroadsheetError as error:
        st.session_state[NOTICE] = error
        return
    st.toast("Saved", icon=":material/check:")


def server_form(config: EmailConfig) -> None:
    """Draw the mail server."""
    presets = {preset.key: preset for preset in broadsheet().email_config.presets()}
    st.html('<h2 class="bs-part">Mail server</h2>')
    if not config.version:
        st.caption(f"Mails leave as {words.plain(config.sender)}, the way your operator set up. You can use your own.")
    st.selectbox(
        "Provider",
        list(presets),
        key=PRESET,
        format_func=lambda key: presets[key].label,
        on_change=take_preset,
        args=(presets,),
    )
    st.caption(presets[st.session_state[PRESET]].help)
    host, port = st.columns([4, 1])
    host.text_input("Server", key=HOST, placeholder="mail.example.com")
    port.number_input("Port", key=PORT, min_value=1, max_value=65535, step=1)
    st.segmented_control(
        "Protection", list(_SECURITIES), key=SECURITY, format_func=lambda key: _SECURITIES[key], required=True
    )
    st.text_input("User", key=USER)
    kept = "Saved; leave empty to keep it" if config.has_password else None
    st.text_input("Password", key=PASSWORD, type="password", placeholder=kept)
    st.text_input("Sender", key=SENDER, placeholder="Reports <reports@example.com>")
    with st.container(horizontal=True):
        st.button("Save mail server", type="primary", key=SAVE, on_click=act, args=(SAVE,))
        st.button("Send a test", key=TEST, on_click=act, args=(TEST,))
        if config.version:
            st.button("Remove", key=REMOVE, type="tertiary", on_click=act, args=(REMOVE,))
    tested = st.session_state.get(TESTED)
    if tested is not None:
        (st.success if tested.is_ok else st.error)(words.plain(tested.message))


def signing(config: EmailConfig) -> None:
    """Draw the signature of mails and the record to publish."""
    st.html('<h2 class="bs-part">Signature</h2>')
    if config.dkim is None:
        st.caption("A DKIM signature shows receivers that a mail is really yours. Many providers add their own.")
        st.button("Sign mails", key=SIGN, on_click=act, args=(SIGN,))
        return
    st.caption(f"Mails are signed as {config.dkim.domain}. Publish this text record in the DNS of the domain.")
    st.code(config.dkim.name, language=None)
    st.code(config.dkim.value, language=None, wrap_lines=True)
    st.button("Stop signing", key=UNSIGN, type="tertiary", on_click=act, args=(UNSIGN,))


def screen(caller: Principal) -> None:
    """Draw everything."""
    config = broadsheet().email_config.get(caller)
    if entered("mail_settings") or PRESET not in st.session_state:
        fill(config, broadsheet().email_config.presets()[0])
    st.title("Mail", anchor=False)
    st.html(f'<p class="bs-lead">How mails leave {words.html(caller.organization)}.</p>')
    notice = st.session_state.pop(NOTICE, None)
    if notice is not None:
        problem(notice)
    left, right = st.columns([6, 5], gap="large")
    with left:
        server_form(config)
    with right:
        if config.version:
            signing(config)
        st.html('<h2 class="bs-part">Recipients</h2>')
        st.page_link("people.py", label="Who may receive reports", query_params={"show": "rule"})
        st.page_link("people.py", label="Addresses that get nothing any more", query_params={"show": "alone"})
        bounce_intakes(caller)


principal = guard(Permission.MANAGE_MEMBERS)
try:
    screen(principal)
except BroadsheetError as error:
    problem(error)
