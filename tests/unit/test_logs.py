"""Logs as JSON: fields and ids come as such, lines stay lines."""

import json
import logging
import threading
from collections.abc import Iterator

import anyio.to_thread
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from core.api.request_ids import HEADER, RequestIdMiddleware
from core.logs import JsonFormatter, log_context

logger = logging.getLogger("core.tests.logs")


class Kept(logging.Handler):
    """Keeps each line as it would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    @property
    def last(self) -> dict[str, object]:
        told: dict[str, object] = json.loads(self.lines[-1])
        return told


@pytest.fixture
def kept() -> Iterator[Kept]:
    handler, parent = Kept(), logging.getLogger("core")
    before = parent.level
    parent.addHandler(handler)
    parent.setLevel(logging.INFO)
    yield handler
    parent.removeHandler(handler)
    parent.setLevel(before)


def test_the_event_and_its_fields(kept: Kept) -> None:
    logger.info("run_claimed run=%s attempt=%s step=%s", "r1", 2, None)
    told = kept.last
    assert (told["event"], told["run"], told["attempt"], told["level"]) == ("run_claimed", "r1", 2, "info")
    assert told["message"] == "run_claimed run=r1 attempt=2 step=None"
    assert str(told["at"]).endswith("+00:00")


def test_ids_around_the_line_and_not_after_it(kept: Kept) -> None:
    with log_context("run", run="r1", schedule=None), log_context("delivery", delivery="d1"):
        logger.warning("said")
        assert (kept.last["run"], kept.last["delivery"]) == ("r1", "d1")
        assert "schedule" not in kept.last
        other = threading.Thread(target=logger.warning, args=("elsewhere",))
        other.start()
        other.join()
        assert "run" not in kept.last
    logger.warning("after")
    assert "run" not in kept.last


def test_whatever_is_logged_stays_one_line(kept: Kept) -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logger.exception("It broke: %s", "a\nb")
    assert "\n" not in kept.lines[-1]
    assert "ValueError: first" in str(kept.last["traceback"])
    assert "event" not in kept.last
    logger.info("percent=%s of what was not a field", "1")
    assert kept.last["percent"] == "1"
    logger.info("no arguments run=%s")
    assert "run" not in kept.last


def _client() -> TestClient:
    async def answer(_request: Request) -> Response:
        await anyio.to_thread.run_sync(lambda: logger.info("worked thing=%s", 1))
        return JSONResponse({})

    routes = [Route("/api/things", answer), Route("/d/{token}", answer)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(RequestIdMiddleware)]))


def test_a_request_is_told_by_its_id(kept: Kept) -> None:
    answer = _client().get("/api/things?token=secret", headers={HEADER: "abc-1"})
    assert answer.headers[HEADER] == "abc-1"
    worked, answered = (json.loads(line) for line in kept.lines)
    assert worked["request"] == answered["request"] == "abc-1"
    assert (answered["method"], answered["path"], answered["status"]) == ("GET", "/api/things", 200)
    assert "secret" not in kept.lines[-1]


def test_an_id_that_is_none_is_replaced_and_links_are_not_logged(kept: Kept) -> None:
    answer = _client().get("/d/a-token", headers={HEADER: 'x" or\tmore'})
    assert len(answer.headers[HEADER]) == 32
    assert [json.loads(line)["event"] for line in kept.lines] == ["worked"]
