"""What people are told where something fails that nobody foresaw."""

import pytest

from core.errors import SourceBusy

from .conftest import Open
from .fake_services import FakeBroadsheet

pytestmark = pytest.mark.mishap


def broken(error: Exception):
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_a_screen_that_fails_says_so_in_plain_words_with_a_number_for_the_log(
    open_screen: Open, services: FakeBroadsheet, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(type(services.calendars), "list", broken(RuntimeError("secret words")))
    said = open_screen("calendars.py").error[0].value
    assert "secret words" not in said
    number = said.rsplit(" ", 1)[1].rstrip(".")
    assert f"screen_failed number={number}" in caplog.text
    assert "secret words" in caplog.text


def test_a_fragment_that_fails_does_so_too(
    open_screen: Open, services: FakeBroadsheet, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(type(services.runs), "list_runs", broken(RuntimeError("secret words")))
    assert "tell an administrator the number" in open_screen("runs.py").error[0].value
    assert "secret words" in caplog.text


def test_what_a_screen_did_not_catch_is_said_in_its_own_words(
    open_screen: Open, services: FakeBroadsheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(services.calendars), "list", broken(SourceBusy("All its places are taken.")))
    assert open_screen("calendars.py").error[0].value.startswith("All its places are taken.")
