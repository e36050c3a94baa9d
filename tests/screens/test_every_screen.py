"""Every file of a screen: nobody without a session sees anything of it, and a viewer what is listed here."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from . import fake_data, fake_services
from .conftest import SHELL

#: Screens that a viewer may open. What they may not do there is not offered, and the services refuse it.
OPENS = {
    "account",
    "builder",
    "dashboard",
    "dashboards",
    "data",
    "dataset",
    "home",
    "organizations",
    "reports",
    "runs",
    "schedules",
    "search",
    "sent",
}
#: Screens that tell a viewer that the permission is missing.
REFUSES = {
    "audit",
    "branding",
    "calendars",
    "destinations",
    "mail_settings",
    "new_dataset",
    "operations",
    "people",
    "personal_data",
    "quotas",
    "roles",
    "schedule_form",
    "source_form",
    "templates",
    "upload",
}
#: What the navigation offers a viewer, hidden screens that links lead to included.
OFFERED = OPENS | {"new_dataset", "schedule_form", "source_form", "templates", "upload"}
SCREENS = sorted(path.stem for path in SHELL.parent.glob("*.py") if path.stem not in ("__init__", "shell"))


def alone(screen):
    """Run the file of a screen without the shell around it, as a wrong address might."""
    return AppTest.from_file(str(SHELL.with_name(f"{screen}.py")), default_timeout=60).run()


def test_every_screen_is_listed():
    assert set(SCREENS) == OPENS | REFUSES, "say here whether a viewer may open it"
    assert not OPENS & REFUSES


@pytest.mark.parametrize("screen", SCREENS)
def test_without_a_session_a_screen_shows_nothing(services, screen):
    app = alone(screen)
    assert not app.exception
    assert "Sign in" in app.warning[0].value
    assert not app.title
    assert not app.dataframe


@pytest.mark.parametrize("screen", sorted(REFUSES))
def test_a_viewer_is_told_that_the_permission_is_missing(services, signed_in, screen):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("viewer")
    app = alone(screen)
    assert not app.exception
    assert "permission" in app.warning[0].value
    assert not app.title
    assert not app.dataframe


def test_the_navigation_offers_a_viewer_what_is_theirs(services, signed_in, monkeypatch):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("viewer")
    offered, navigation = [], st.navigation

    def noting(pages, **how):
        offered.extend(page for group in pages.values() for page in group)
        return navigation(pages, **how)

    monkeypatch.setattr(st, "navigation", noting)
    app = AppTest.from_file(str(SHELL), default_timeout=60).run()
    assert not app.exception
    assert {page._page.stem for page in offered if not callable(page._page)} == OFFERED
