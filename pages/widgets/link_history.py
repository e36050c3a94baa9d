"""Links to files: how often each was used and until when it is good, who tried it from where, and taking it back."""

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.link import Link, LinkResult, LinkUse
from core.errors import BroadsheetError
from pages.widgets import words
from pages.widgets.app import broadsheet, guard

_CLOSED = {
    LinkResult.REVOKED: "taken back",
    LinkResult.EXPIRED: "its time is over",
    LinkResult.USED_UP: "used as often as it may be",
}
_TRIES = {
    LinkResult.OPENED: "opened the file",
    LinkResult.RESUMED: "fetched the rest of it",
    LinkResult.REVOKED: "found it taken back",
    LinkResult.EXPIRED: "came too late",
    LinkResult.USED_UP: "found it used up",
    LinkResult.NOT_ALLOWED: "was refused: whoever made the link may not open the file any more",
    LinkResult.REMOVED: "found the file gone",
    LinkResult.CODE_SENT: "asked for a code, which was mailed",
    LinkResult.CODE_WRONG: "gave a wrong code",
}


def link_history(principal: Principal, links: Sequence[Link]) -> None:
    """Draw each link; who may download sees its uses and takes it back."""
    now = broadsheet().clock.now()
    for link in links:
        closed = link.closed(now)
        state = _CLOSED[closed] if closed else f"good until {words.moment(link.terms.expires_at, principal.timezone)}"
        st.caption(f"{words.plain(link.file_name)}: {_used(link)}, {state}{_whose(link)}")
        if principal.may(Permission.MANAGE_EXPORTS):
            _care(principal, link, is_open=closed is None)


def _used(link: Link) -> str:
    if not link.uses:
        return "not used yet"
    often = f"used {link.uses:,} times" if link.uses > 1 else "used once"
    return often if link.terms.max_uses is None else f"{often} of {link.terms.max_uses:,}"


def _whose(link: Link) -> str:
    for_one = f", for {words.plain(link.terms.recipient)} alone" if link.terms.recipient else ""
    made = f", made by {words.plain(link.created_by_name)}" if link.created_by_name and not link.reference else ""
    return f"{for_one}{made}"


def _care(principal: Principal, link: Link, *, is_open: bool) -> None:
    with st.container(horizontal=True, key=f"link_{link.id}"):
        uses = st.popover("Who used it", type="tertiary", key=f"link_uses_{link.id}", on_change="rerun")
        if uses.open:
            with uses:
                _uses(principal, link.id)
        if is_open:
            st.button("Take back", key=f"link_revoke_{link.id}", type="tertiary", on_click=_revoke, args=(link.id,))


def _uses(principal: Principal, link_id: UUID) -> None:
    tries = broadsheet().links.history(principal, link_id).uses
    if not tries:
        st.caption("Nobody tried it yet.")
    for one in tries:
        st.caption(_in_words(principal, one))


def _in_words(principal: Principal, one: LinkUse) -> str:
    return f"{words.moment(one.at, principal.timezone, zone=False)} · somebody from {one.network} {_TRIES[one.result]}"


def _revoke(link_id: UUID) -> None:
    try:
        broadsheet().links.revoke(guard(Permission.MANAGE_EXPORTS), link_id)
    except BroadsheetError as error:
        st.toast(error.user_message, icon=":material/error:")
    else:
        st.toast("The link opens nothing any more.", icon=":material/link_off:")
