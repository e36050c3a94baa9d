"""Tokens for the API: what each may do, until when, when it was last used; made once, revoked at once."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import streamlit as st

from core.domain.access import IN_WORDS, Permission, in_order, permission_words
from core.domain.member import ApiToken
from core.errors import BroadsheetError
from pages.widgets import member_keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import mark, problem

COLUMNS = (
    rows.Column(title="Works until", width=130),
    rows.Column(title="Last used", width=120, narrow=False),
)
LIVES = {30: "30 days", 90: "90 days", 365: "A year", 0: "Until it is revoked"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCare:
    """What is done with the tokens of one account."""

    tokens: Collection[ApiToken]
    may: Collection[Permission]  #: what a new one can be given
    create: Callable[..., tuple[ApiToken, str]]  #: called with name, expires_at and scopes
    revoke: Callable[[UUID], None]


def own_tokens() -> None:
    """Draw the tokens of the person who is signed in."""
    principal = guard()
    service = broadsheet().tokens
    st.html('<h2 class="bs-part">Tokens for the API</h2>')
    token_list(
        TokenCare(
            tokens=service.list(principal),
            may=principal.permissions,
            create=lambda **given: service.create(guard(), **given),
            revoke=lambda token_id: service.revoke(guard(), token_id),
        )
    )


def token_list(care: TokenCare) -> None:
    """Draw the tokens, the secret of one that was just made, and the way to a new one."""
    _show_secret()
    if not care.tokens:
        st.caption("No token yet. Programs send one instead of a password.")
    else:
        with st.container(key=member_keys.TOKENS_LIST, gap=None):
            rows.heading("Token", COLUMNS)
            for token in care.tokens:
                _token(token, care)
    if st.button("New token", key=member_keys.TOKEN_NEW):
        _new(care)


def _token(token: ApiToken, care: TokenCare) -> None:
    now = broadsheet().clock.now()
    if token.expires_at is None:
        until = rows.fact("No end", quiet=True)
    elif token.expires_at <= now:
        until = mark("Expired", "amber")
    else:
        until = rows.fact(words.day(token.expires_at.date()))
    used = "Never" if token.last_used_at is None else words.ago(token.last_used_at, now)
    scopes = "all its owner may" if token.scopes is None else permission_words(token.scopes)
    with rows.line(f"token_{token.id}"):
        rows.two_lines(token.name, f"May {scopes}.", is_strong=True)
        rows.facts(COLUMNS, (until, rows.fact(used, quiet=True)))
        if rows.menu(f"token_menu_{token.id}", ("Revoke",)) is not None:
            _revoke(token, care)


def _revoke(token: ApiToken, care: TokenCare) -> None:
    try:
        care.revoke(token.id)
    except BroadsheetError as error:
        problem(error)
        return
    st.toast(words.plain(f"{token.name} is revoked."), icon=":material/check:")
    st.rerun()


@st.dialog("New token")
def _new(care: TokenCare) -> None:
    name = st.text_input("Name", key=member_keys.TOKEN_NAME, placeholder="What it is for", max_chars=100)
    life = st.selectbox("Works for", list(LIVES), index=1, key=member_keys.TOKEN_LIFE, format_func=LIVES.__getitem__)
    scopes = st.multiselect(
        "May", in_order(care.may), default=in_order(care.may), key=member_keys.TOKEN_SCOPES,
        format_func=IN_WORDS.__getitem__,
    )  # fmt: skip
    st.caption("It never may more than its owner at the time.")
    if st.button("Make token", type="primary", key=member_keys.TOKEN_GO):
        ends = broadsheet().clock.now() + timedelta(days=life) if life else None
        try:
            made, secret = care.create(name=name or "", expires_at=ends, scopes=frozenset(scopes))
        except BroadsheetError as error:
            problem(error)
            return
        st.session_state[member_keys.TOKEN_SECRET] = (made.name, secret)
        st.rerun()


def _show_secret() -> None:
    shown = st.session_state.pop(member_keys.TOKEN_SECRET, None)
    if shown is None:
        return
    name, secret = shown
    with st.container(border=True):
        st.markdown(f"**Copy {words.plain(name)} now: it is shown this once**")
        st.code(secret, language=None, wrap_lines=True)
        st.caption("Send it as Authorization: Bearer … with each request. Treat it like a password.")
