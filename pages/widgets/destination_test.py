"""Sending a test to a destination: where in it, and how it went in words."""

from typing import TYPE_CHECKING

import streamlit as st

from core.domain.access import Permission
from core.domain.destination import Destination, DestinationTest
from core.errors import BroadsheetError
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem

if TYPE_CHECKING:
    from core.services.destinations import DestinationKind


@st.dialog("Send a test")
def test_dialog(destination: Destination, kind: "DestinationKind | None") -> None:
    """Send a small file to a saved destination."""
    st.markdown(f"A small file without data goes to **{words.plain(destination.name)}**.")
    address = address_field(kind)
    if not st.button("Send a test", type="primary", key=keys.DESTINATIONS_TEST):
        return
    try:
        principal = guard(Permission.MANAGE_SCHEDULES)
        with st.spinner("On its way …"):
            found = broadsheet().destinations.test_saved(principal, destination.id, address=address)
    except BroadsheetError as error:
        problem(error)
    else:
        answer(found)


def address_field(kind: "DestinationKind | None") -> str:
    """Draw where in the destination the test goes; nothing where there is nothing to say."""
    if kind is None or kind.key == "webhook":
        return ""
    label = "Channel or person for the test" if kind.key == "slack" else "Folder for the test"
    return st.text_input(label, key=keys.DESTINATION_ADDRESS, help=kind.address_help).strip()


def answer(found: DestinationTest) -> None:
    """Draw how a test went."""
    took = words.seconds(found.elapsed_s)
    if found.is_ok:
        st.success(f"{found.message} It took {took}.", icon=":material/check_circle:")
    else:
        st.error(found.message, icon=":material/error:")
