"""The API holds to its own OpenAPI document: a short run of what `python -m bench schemas` does at length."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from tests.api_requests import Requests
from tests.conftest import Tenant
from tests.every_object import make_world
from tests.integration.api_parts import Installation, add_member, start
from tests.schema_cases import ask_everything


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock, rate_limits="off")


def test_every_answer_is_one_that_the_document_tells_of(
    installation: Installation, database: Database, tenant: Tenant, owner_session: Session
) -> None:
    somebody = add_member(owner_session, tenant, role="editor", name="Ed")
    world = make_world(installation, database, tenant, member=somebody)
    token = installation.sign_in(tenant).headers["Authorization"].removeprefix("Bearer ")
    document = installation.client.get("/api/openapi.json").json()
    found = ask_everything(
        installation.client.app, document, Requests(document, world), token=token, each=1, is_short=True
    )
    assert not found.wrong, "\n\n".join(found.wrong.values())
    assert found.cases >= len(found.operations) > 200
    assert len(found.answered) > 90, "else it asks for nothing that there is"
