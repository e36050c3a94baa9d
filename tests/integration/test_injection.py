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
from tests.injection_parts import Injector, form_fields, text_fields, watching
from tests.injection_strings import injection_strings
from tests.integration.api_parts import Installation, start
from tests.service_texts import UNCHECKED, text_calls


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
    routes = tuple(routes_of(document))
    with watching(tmp_path_factory.mktemp("canaries")) as watch:
        texts = injection_strings(watch.canaries)
        assert len(texts) >= 500
        fields = text_fields(requests, routes) + form_fields(client, routes, watch.canaries)
        assert len(fields) > 500
        injector = Injector(client, requests, watch)
        # Each field gets one text; the step spreads the kinds of texts over them.
        mistakes = [
            words
            for number, one in enumerate(fields)
            for words in injector.mistakes(one, texts[number * 13 % len(texts)])
        ]
    assert mistakes == []


def test_no_service_stumbles_over_a_text_that_nobody_checked(
    installation: Installation, database: Database, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(installation, database, tenant, member=tenant)
    monkeypatch.setattr("bcrypt.checkpw", lambda *_: False)
    calls = tuple(text_calls(installation.broadsheet, tenant.principal, world.ids))
    assert len(calls) > 80
    mistakes = [call.stumbles(text) for call in calls for text in UNCHECKED]
    assert list(filter(None, mistakes)) == []
