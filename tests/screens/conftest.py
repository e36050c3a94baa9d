"""The screens over services in memory, driven without a browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from . import fake_services

SHELL = Path(__file__).parents[2] / "pages" / "shell.py"
Open = Callable[..., AppTest]


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> fake_services.FakeBroadsheet:
    """The services that the screens get."""
    fake = fake_services.FakeBroadsheet()
    monkeypatch.setattr("core.bootstrap.running", lambda: fake)
    return fake


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser carries Ada's session; AppTest has no cookies."""
    monkeypatch.setattr("pages.widgets.app.session_token", lambda: fake_services.TOKEN)


@pytest.fixture
def open_screen(services: fake_services.FakeBroadsheet, signed_in: None) -> Open:
    """Open a screen, with query parameters."""

    def open_it(screen: str = "reports.py", **query: str) -> AppTest:
        app = AppTest.from_file(str(SHELL), default_timeout=30).run()
        for name, value in query.items():
            app.query_params[name] = value
        app.switch_page(screen).run()
        assert not app.exception, app.exception
        return app

    return open_it
