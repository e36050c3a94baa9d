"""Traces go to a collector, which here is a real HTTP server: spans, ids, and no words."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.testclient import TestClient

from core.api.request_ids import RequestIdMiddleware
from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.tracing import end_tracing, set_up_tracing, span
from tests.conftest import Tenant
from tests.every_object import make_world
from tests.integration.api_parts import Installation, add_member, start


@contextmanager
def collector() -> Iterator[tuple[str, list[Span]]]:
    """Listens for spans on loopback; they are complete after `end_tracing`."""
    spans: list[Span] = []

    class Take(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
            spans.extend(one for each in sent.resource_spans for scope in each.scope_spans for one in scope.spans)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Take)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", spans
    finally:
        end_tracing()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock, rate_limits="off")


def test_a_run_is_traced_from_the_request_to_the_delivery(
    installation: Installation, database: Database, tenant: Tenant, owner_session: object
) -> None:
    somebody = add_member(owner_session, tenant, role="editor", name="Ed")  # type: ignore[arg-type]
    world = make_world(installation, database, tenant, member=somebody)
    client = installation.sign_in(tenant)
    traced = TestClient(RequestIdMiddleware(client.app), headers=client.headers)
    with collector() as (endpoint, spans):
        set_up_tracing("test", endpoint)
        path = f"/api/scheduled-reports/{world.ids['schedule_id']}/run"
        run_id = traced.post(path, headers={"X-Request-ID": "r-1"}).json()["id"]
        installation.daemon.run(UUID(run_id))
        (delivery,) = traced.get(f"/api/report-executions/{run_id}").json()["deliveries"]
        installation.daemon.deliver(UUID(delivery["id"]))
        end_tracing()
    told = {one.name: {each.key: each.value.string_value for each in one.attributes} for one in reversed(spans)}
    assert told.keys() == {"request", "run", "query", "files", "delivery"}
    assert told["request"]["broadsheet.request"] == "r-1"
    assert told["run"] == {"broadsheet.run": run_id, "broadsheet.schedule": world.ids["schedule_id"]} == told["query"]
    assert told["delivery"] == {"broadsheet.run": run_id, "broadsheet.delivery": delivery["id"]}
    by_name = {one.name: one for one in spans}
    assert by_name["query"].parent_span_id == by_name["run"].span_id


def test_an_error_is_told_without_its_words() -> None:
    with collector() as (endpoint, spans):
        set_up_tracing("test", endpoint)
        with pytest.raises(ValueError, match="ada"), span("run"):
            raise ValueError("ada@example.com")
        end_tracing()
    assert "ada" not in str(spans[0])
    assert {each.key: each.value.string_value for each in spans[0].attributes} == {"error.type": "ValueError"}
