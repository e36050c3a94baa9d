"""Every text of the corpus through the text fields of the REST API, with canaries: how many were run (none).

python -m bench.injection_bench [--each 973]
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import bcrypt
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from bench.figures import Figure, table
from core.clock import FixedClock
from core.db import access_repository
from core.db.database import Database
from core.db.embedded import start_embedded
from core.db.migrate import DatabaseUrls, migrate
from tests.api_requests import Requests, routes_of
from tests.every_object import World, make_world
from tests.injection_parts import Injector, form_fields, text_fields, watching
from tests.injection_strings import injection_strings
from tests.integration.api_parts import Installation, start

#: Of the corpus, for each field; another part for each, so that every text is used hundreds of times.
EACH = 100
PASSWORD = "a password for benches"


def measure(each: int) -> list[Figure]:
    """Send `each` texts of the corpus to every field."""
    with small_installation() as (installation, world, email):
        document = installation.client.get("/api/openapi.json").json()
        person = SimpleNamespace(principal=SimpleNamespace(email=email), password=PASSWORD)
        requests, client = Requests(document, world), installation.sign_in(person)
        routes = tuple(routes_of(document))
        mistakes, sent, began = [], 0, time.perf_counter()
        with watching(Path(tempfile.mkdtemp(prefix="canaries-"))) as watch:
            fields = text_fields(requests, routes) + form_fields(client, routes, watch.canaries)
            texts, injector = injection_strings(watch.canaries), Injector(client, requests, watch)
            for at, one in enumerate(fields):
                for number in range(min(each, len(texts))):
                    mistakes += injector.mistakes(one, texts[(at * each + number) % len(texts)])
                    sent += 1
        each_ms = (time.perf_counter() - began) / sent * 1000
    assert mistakes == [], "\n".join(mistakes)
    return [
        Figure(
            name=f"canaries hit and errors inside, {sent:,} requests of {len(texts)} texts", measured=0, unit="hits"
        ),
        Figure(name="text fields of the REST API", measured=len(fields), unit="fields"),
        Figure(name="answering one", measured=each_ms, unit="ms"),
    ]


@contextmanager
def small_installation() -> Iterator[tuple[Installation, World, str]]:
    folder, email = Path(tempfile.mkdtemp(prefix="bench-")), "bench@example.com"
    server = start_embedded(folder)
    try:
        app = migrate(server.owner_url, app_password="a password of the role")
        urls = DatabaseUrls(owner=server.owner_url, app=app)
        tenant = _tenant(urls, email)
        for installation in start(folder, urls, FixedClock(datetime(2026, 11, 23, 9, tzinfo=UTC)), rate_limits="off"):
            token = installation.broadsheet.sessions.open(tenant.user_id)
            tenant.principal = installation.broadsheet.access.principal_for_session(token)
            database = Database(urls.app, pool_size=2)
            yield installation, make_world(installation, database, tenant, member=tenant), email
            database.dispose()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _tenant(urls: DatabaseUrls, email: str) -> SimpleNamespace:
    assert urls.owner is not None
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(rounds=4)).decode()
    with Session(create_engine(urls.owner)) as session:
        organization_id = access_repository.insert_organization(session, "Bench", "UTC")
        user_id = access_repository.insert_user(
            session,
            organization_id=organization_id,
            email=email,
            name="Bench",
            password_hash=hashed,
            role="installation_admin",
            timezone="UTC",
        )
        session.commit()
    return SimpleNamespace(organization_id=organization_id, user_id=user_id, password=PASSWORD, principal=None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=EACH)
    print(table(measure(parser.parse_args().each)))
