"""Links with which a person opens the files of a run: made once a session, and anew shortly before they end."""

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from pages.widgets import keys
from pages.widgets.app import broadsheet

if TYPE_CHECKING:
    from core.services.links import MintedLink

#: A page may stand open for a while before somebody presses the button on it.
_SPARE = timedelta(minutes=15)


def file_path(principal: Principal, artifact_id: UUID) -> str:
    """Return the path that opens a file; raises what the service raises."""
    links: dict[UUID, MintedLink] = st.session_state.setdefault(keys.LINKS, {})
    known = links.get(artifact_id)
    if known is None or known.expires_at - broadsheet().clock.now() < _SPARE:
        links[artifact_id] = broadsheet().links.mint(principal, artifact_id)
    return links[artifact_id].path
