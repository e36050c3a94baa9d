"""The first-run tour: three short steps on the start screen, until somebody puts it away for good."""

import streamlit as st

from core.domain.access import Permission, Principal
from core.errors import BroadsheetError
from pages.widgets import draft as drafts
from pages.widgets import keys
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem


def tour(principal: Principal) -> None:
    """Draw the steps, each with the way to what it speaks of."""
    with st.container(key="home_tour"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html('<h2 class="bs-part">Three steps to a report that arrives by itself</h2>', width="stretch")
            if st.button("Do not show this again", key=keys.HOME_TOUR_DONE, type="tertiary"):
                _put_away()
        first, second, third = st.columns(3)
        with first:
            _step(1, "Ask", "Choose a dataset. It starts with an answer; click to filter, group and draw it.")
            if principal.may(Permission.EDIT_REPORTS) and st.button("Build a report", key="home_tour_ask"):
                drafts.forget_new()
                st.switch_page("builder.py")
        with second:
            _step(2, "Keep", "Save it. Put it in a folder, mark it with a star, share it with those who need it.")
            st.page_link("reports.py", label="Look at the reports")
        with third:
            _step(3, "Send", "Say when and to whom. It arrives complete, or you are told why not.")
            st.page_link("schedules.py", label="Look at what is sent")


def _step(number: int, title: str, text: str) -> None:
    st.html(f'<p class="bs-step"><span>{number}</span> {title}</p><p class="bs-quiet bs-notes">{text}</p>')


def _put_away() -> None:
    try:
        broadsheet().home.put_tour_away(guard())
    except BroadsheetError as error:
        problem(error)
    else:
        st.rerun()
