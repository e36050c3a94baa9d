"""The signed-in person: who they are here, and what they may do."""

import streamlit as st

from core.domain.moments import city_of
from pages.widgets.app import guard
from pages.widgets.screen import entered

principal = guard()
entered("account")
st.title(principal.name or principal.email, anchor=False)
st.table(
    {
        "E-mail": principal.email,
        "Organization": principal.organization,
        "Role": principal.role.replace("_", " ").capitalize(),
        "Timezone": city_of(principal.timezone),
        "May": ", ".join(sorted(item.value.replace("_", " ") for item in principal.permissions)),
    },
    border="horizontal",
    width="content",
)
