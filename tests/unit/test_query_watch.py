import threading

import pytest

from core.catalog.sources import watch
from core.catalog.sources.watch import QueryWatch
from core.errors import QueryTimedOut, RunCancelled

SOON_S = 0.02
LONG_S = 60


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PATIENCE_S", SOON_S)


def test_a_query_that_its_server_does_not_end_is_severed() -> None:
    stopped, severed = threading.Event(), threading.Event()
    watched = QueryWatch(stopped.set, sever=severed.set, deadline_s=SOON_S)
    with watched.running():
        assert severed.wait(LONG_S)
    assert stopped.is_set()
    assert isinstance(watched.reason(), QueryTimedOut)
    assert watched.close()


def test_a_stop_that_never_returns_holds_nobody_up() -> None:
    silence, asked, severed = threading.Event(), threading.Event(), threading.Event()

    def stop() -> None:
        asked.set()
        silence.wait(LONG_S)

    watched = QueryWatch(stop, sever=severed.set, deadline_s=LONG_S)
    with watched.running():
        watched.cancel()
        assert asked.wait(LONG_S)
        assert severed.wait(LONG_S)
    assert isinstance(watched.reason(), RunCancelled)
    assert not watched.close()
    silence.set()


def test_a_query_that_ends_in_time_is_not_severed() -> None:
    severed = threading.Event()
    watched = QueryWatch(severed.clear, sever=severed.set, deadline_s=LONG_S)
    with watched.running():
        pass
    assert watched.close()
    assert not severed.wait(3 * SOON_S)
