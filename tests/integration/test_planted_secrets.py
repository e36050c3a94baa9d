"""Secrets that were given to it: not in an answer, the log, the database, a file, an error or the process list."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from tests.api_requests import Requests, routes_of
from tests.conftest import Tenant
from tests.integration.api_parts import SECRET_KEY, Installation, start
from tests.planted_secrets import PLANTED, plant


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock, rate_limits="off")


def test_nothing_tells_a_secret(
    installation: Installation,
    database: Database,
    owner_session: Session,
    tenant: Tenant,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    world = plant(installation, database, tenant)
    client = installation.sign_in(tenant)
    document = installation.client.get("/api/openapi.json").json()
    requests, answers = Requests(document, world), {}
    for route in routes_of(document):
        if route.method == "GET":
            answers[route.name] = client.get(requests.address(route), params=requests.query(route)).text
    for kind in ("sources", "destinations"):
        for one in client.get(f"/api/{kind}").json()["items"]:
            answers[f"test of {one['name']}"] = client.post(f"/api/{kind}/{one['id']}/test", json=None).text
    answers["test of the mail"] = client.post("/api/email-config/test").text
    broken = {"name": "x", "kind": "nothing", "secrets": {"password": PLANTED}}
    answers["error"] = client.post("/api/sources", json=broken).text
    assert len(answers) > 80
    places = {
        **answers,
        "log": caplog.text,
        "output": "".join(capfd.readouterr()),
        "database": _dump(owner_session),
        "settings": repr(installation.broadsheet.settings) + repr(installation.broadsheet),
        **{str(path): path.read_bytes().decode(errors="replace") for path in tmp_path.rglob("*") if path.is_file()},
    }
    secrets = (PLANTED, SECRET_KEY, tenant.password)
    assert [(place, one) for place, words in places.items() for one in secrets if one in words] == []


def _dump(session: Session) -> str:
    """Every row of every table, procrastinate's arguments included."""
    names = session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
    rows = (session.execute(text(f"SELECT to_jsonb(t) FROM {name} t")).scalars() for name in names)
    return "\n".join(json.dumps(row) for table in rows for row in table)
