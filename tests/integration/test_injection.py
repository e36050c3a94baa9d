"""Nothing that is typed is ever run; `python -m bench injection` puts every text into every field."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from tests.api_requests import Requests, routes_of
from tests.conftest import Tenant
from tests.every_object import make_world
from tests.injection_parts import Injector, text_fields, watching
from tests.injection_strings import injection_strings
from tests.integration.api_parts import Installation, start

#: Each text once, each field at least so often.
EACH_FIELD = 2


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock, rate_limits="off")


def test_every_text_field_takes_what_is_typed_as_text(
    installation: Installation, database: Database, tenant: Tenant, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = make_world(installation, database, tenant, member=tenant)
    document = installation.client.get("/api/openapi.json").json()
    requests, client = Requests(document, world), installation.sign_in(tenant)
    requests.caller = tenant.principal.email
    fields = text_fields(requests, tuple(routes_of(document)))
    assert len(fields) > 300
    mistakes = []
    with watching(tmp_path_factory.mktemp("canaries")) as watch:
        texts = injection_strings(watch.canaries)
        assert len(texts) >= 500
        injector = Injector(client, requests, watch)
        for number in range(max(EACH_FIELD * len(fields), len(texts))):
            mistakes += injector.mistakes(fields[number % len(fields)], texts[number * 7 % len(texts)])
    print(len(fields))
    print("\n".join(mistakes))
    assert mistakes == []
