"""The search box in the masthead of every screen; what is asked there is answered by the search screen."""

import streamlit as st

from pages.widgets import keys


def search_box() -> None:
    """Draw the box, and go to the answer once something is asked."""
    with st.container(key="shell_search_place"):
        asked = st.text_input(
            "Search everything",
            key=keys.SHELL_SEARCH,
            label_visibility="collapsed",
            placeholder="Search everything",
            icon=":material/search:",
        )
    asked = (asked or "").strip()
    if asked == st.session_state.get(keys.SHELL_SEARCHED, ""):
        return
    st.session_state[keys.SHELL_SEARCHED] = asked
    if asked:
        st.session_state[keys.SEARCH_FIELD] = asked
        st.switch_page("search.py", query_params={"q": asked})
