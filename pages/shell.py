"""The main script: who is signed in, which screens there are, and the frame around them."""

import streamlit as st

from core.domain.access import Permission
from core.errors import BroadsheetError, NotSignedIn
from pages.widgets.app import current_principal
from pages.widgets.mishap import told
from pages.widgets.search_box import search_box
from pages.widgets.sign_in import sign_in_screen, sign_out, watch_session
from pages.widgets.theme import apply_theme, show_wordmark

apply_theme()

try:
    principal = current_principal()
except NotSignedIn:
    st.navigation([st.Page(sign_in_screen, title="Sign in", default=True)], position="hidden").run()
    st.stop()
except BroadsheetError as error:
    st.error(error.user_message, icon=":material/cloud_off:")
    st.stop()

show_wordmark()
watch_session()
screens = [
    st.Page("home.py", title="Home", default=True),
    st.Page("reports.py", title="Reports"),
    st.Page("dashboards.py", title="Dashboards"),
    st.Page("schedules.py", title="Schedules"),
    st.Page("runs.py", title="Runs"),
    st.Page("data.py", title="Data"),
    st.Page(
        "templates.py",
        title="Templates",
        visibility="visible" if principal.may(Permission.EDIT_REPORTS) else "hidden",
    ),
    st.Page("sent.py", title="Sent", url_path="sent"),
    st.Page("search.py", title="Search", visibility="hidden"),
    st.Page("builder.py", title="Report", visibility="hidden"),
    st.Page("dashboard.py", title="Dashboard", visibility="hidden"),
    st.Page("schedule_form.py", title="Schedule", url_path="schedule", visibility="hidden"),
    st.Page("dataset.py", title="Dataset", visibility="hidden"),
    st.Page("new_dataset.py", title="New dataset", url_path="new-dataset", visibility="hidden"),
    st.Page("source_form.py", title="Source", url_path="source", visibility="hidden"),
    st.Page("upload.py", title="Upload", visibility="hidden"),
]
screen = st.navigation(
    {
        "": screens,
        principal.name or principal.email: [
            st.Page("account.py", title="Account", icon=":material/person:"),
            *(
                [
                    st.Page("branding.py", title="Look of files", icon=":material/palette:", url_path="look"),
                    st.Page("mail_settings.py", title="Mail", icon=":material/mail:", url_path="mail"),
                ]
                if principal.may(Permission.MANAGE_MEMBERS)
                else []
            ),
            *(
                [st.Page("people.py", title="People", icon=":material/group:")]
                if principal.may(Permission.MANAGE_SCHEDULES) or principal.may(Permission.MANAGE_MEMBERS)
                else []
            ),
            *(
                [st.Page("roles.py", title="Roles", icon=":material/badge:")]
                if principal.may(Permission.MANAGE_MEMBERS)
                else []
            ),
            st.Page("organizations.py", title="Organizations", icon=":material/corporate_fare:"),
            *(
                [
                    st.Page("calendars.py", title="Calendars", icon=":material/event_busy:"),
                    st.Page("destinations.py", title="Destinations", icon=":material/outbox:"),
                ]
                if principal.may(Permission.MANAGE_SCHEDULES)
                else []
            ),
            *(
                [st.Page("personal_data.py", title="Personal data", icon=":material/shield_person:")]
                if principal.may(Permission.MANAGE_POLICIES)
                else []
            ),
            *(
                [st.Page("audit.py", title="Audit", icon=":material/policy:")]
                if principal.may(Permission.VIEW_AUDIT)
                else []
            ),
            *(
                [st.Page("operations.py", title="Operations", icon=":material/monitor_heart:")]
                if principal.may(Permission.MANAGE_MEMBERS)
                else []
            ),
            *(
                [st.Page("quotas.py", title="Limits", icon=":material/speed:", url_path="limits")]
                if principal.may(Permission.MANAGE_MEMBERS)
                else []
            ),
            st.Page(sign_out, title="Sign out", icon=":material/logout:", url_path="sign-out"),
        ],
    },
    position="top",
)
search_box()
with told():
    screen.run()
