"""The screens over services in memory, driven without a browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.widgets import keys

from . import fake_data, fake_services
from .dataset_screen import press

SHELL = Path(__file__).parents[2] / "pages" / "shell.py"
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def bare_errors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw fails the test, but where a test is about what people are told then."""
    if "mishap" not in request.keywords:
        monkeypatch.setattr("pages.widgets.mishap.say", _raised)


def _raised(error: Exception) -> None:
    raise error


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
        app = AppTest.from_file(str(SHELL), default_timeout=120).run()
        for name, value in query.items():
            app.query_params[name] = value
        app.switch_page(screen).run()
        assert not app.exception, app.exception
        return app

    return open_it


@pytest.fixture
def orders(open_screen):
    """The editor on a fresh draft over `orders`, joined to `customers`."""
    app = open_screen("new_dataset.py")
    app.text_input(key=keys.NEW_DATASET_SEARCH).set_value("what customers").run()
    press(app, "new_dataset_make")
    app.query_params["dataset"] = str(app.session_state[keys.DATASET_OPEN])
    return app.switch_page("dataset.py").run()  # AppTest forgets the page that the script went to


@pytest.fixture
def usage(open_screen):
    return open_screen("dataset.py", dataset=str(fake_data.USAGE.id))
