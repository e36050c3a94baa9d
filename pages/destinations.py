"""Destinations: the Slack workspaces, buckets, servers, folders and webhooks that schedules deliver to."""

from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.destination import Destination
from core.errors import BroadsheetError
from pages.widgets import keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.destination_form import destination_form
from pages.widgets.destination_test import test_dialog
from pages.widgets.screen import back, entered, heading
from pages.widgets.states import empty, problem

if TYPE_CHECKING:
    from core.services.destinations import DestinationKind

COLUMNS = (
    rows.Column(title="Kind", width=130),
    rows.Column(title="Where", width=360, narrow=False),
    rows.Column(title="Changed", width=120, narrow=False),
)
#: What tells destinations of one kind apart, the first that is there.
_TELLING = ("url", "bucket", "host", "root", "path")


def draw(principal: Principal, destination: Destination, kinds: "dict[str, DestinationKind]") -> None:
    """Draw one destination."""
    settings = destination.settings
    where = next((str(settings[name]) for name in _TELLING if settings.get(name)), "")
    now = broadsheet().clock.now()
    kind = kinds.get(destination.channel)
    cells = (
        rows.fact(kind.label if kind else destination.channel),
        rows.fact("Set up by the operator" if destination.is_built_in and not where else where, quiet=True),
        rows.fact(words.ago(destination.updated_at, now), quiet=True),
    )
    may_change = principal.may(Permission.MANAGE_CATALOG) and not destination.is_built_in
    link = rows.Link(page="destinations.py", query={"destination": str(destination.id)}) if may_change else None
    options = ["Edit"] * may_change + ["Send a test …"] + ["Delete …"] * may_change
    with rows.line(str(destination.id)):
        rows.row(destination.name, link, COLUMNS, cells)
        chosen = rows.menu(f"destinations_menu_{destination.id}", options)
    if chosen == "Edit":
        st.switch_page("destinations.py", query_params={"destination": str(destination.id)})
    elif chosen == "Send a test …":
        test_dialog(destination, kind)
    elif chosen == "Delete …":
        delete(destination)


@st.dialog("Delete this destination?")
def delete(destination: Destination) -> None:
    """Ask before a destination is deleted; schedules that send there stand in the way."""
    st.markdown(f"**{words.plain(destination.name)}** is forgotten with its passwords. What was delivered stays there.")
    if st.button("Delete destination", type="primary", key=keys.DESTINATIONS_DELETE):
        try:
            broadsheet().destinations.delete(guard(Permission.MANAGE_CATALOG), destination.id)
        except BroadsheetError as error:
            problem(error)
        else:
            st.rerun()


def the_list(principal: Principal) -> None:
    """Draw every destination."""
    entered("destinations")
    with heading("Destinations", "destinations"):
        if principal.may(Permission.MANAGE_CATALOG) and st.button(
            "New destination", type="primary", key=keys.DESTINATIONS_NEW
        ):
            st.switch_page("destinations.py", query_params={"destination": "new"})
    items = broadsheet().destinations.list(principal)
    if not items:
        more = "Mail needs none. Set up Slack, a bucket, a server or a webhook, and schedules can deliver there too."
        empty("No destination yet", more, icon=":material/outbox:")
        return
    kinds = {kind.key: kind for kind in broadsheet().destinations.kinds()}
    with st.container(key=keys.DESTINATIONS_LIST, gap=None):
        rows.heading("Name", COLUMNS)
        for item in items:
            draw(principal, item, kinds)


principal = guard(Permission.MANAGE_SCHEDULES)
named = st.query_params.get("destination")
try:
    if named is None:
        the_list(principal)
    else:
        back("destinations.py", "All destinations")
        destination_form(guard(Permission.MANAGE_CATALOG), None if named == "new" else UUID(named))
except BroadsheetError as error:
    problem(error)
except ValueError:
    st.error("This address names no destination.", icon=":material/error:")
