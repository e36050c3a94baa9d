"""Limits: the last one goes through, the next one does not, however many ask at the same moment."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.db import standing_reading
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.access import BUILT_IN_ROLES
from core.domain.audit import INSTALLATION
from core.domain.quota import Quota, read_defaults
from core.errors import InvalidInput, NotAllowed, QuotaReached, TooManyRequests
from core.runs.quotas import Quotas
from core.services.quotas import QuotaService
from core.services.runs import RunService
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.integration.api_parts import Installation, insert_orders, start
from tests.run_parts import insert_report


@pytest.fixture
def quotas(database: Database, clock: FixedClock) -> Quotas:
    return Quotas(database, clock, defaults=read_defaults("", rates=False))


@pytest.fixture
def limits(database: Database, quotas: Quotas) -> QuotaService:
    return QuotaService(database, quotas)


def _at_once(count: int, act: Callable[[], Any]) -> list[Any]:
    """What became of the same thing done by as many at one moment: what it returned, or the error."""
    begin = Barrier(count)

    def one(_: int) -> Any:
        begin.wait()
        try:
            return act()
        except (QuotaReached, TooManyRequests) as error:
            return error

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def _refusals(found: list[Any]) -> list[str]:
    return [one.user_message for one in found if isinstance(one, QuotaReached | TooManyRequests)]


@pytest.mark.parametrize("quota", [Quota.SCHEDULES, Quota.SCHEDULES_PER_PERSON])
def test_the_last_schedule_goes_through_once(
    database: Database, tenant: Tenant, limits: QuotaService, quotas: Quotas, quota: Quota
) -> None:
    report_id = insert_report(database, tenant)
    limits.set(tenant.principal, {quota: 3})
    insert = text(
        "INSERT INTO schedules (organization_id, owner_id, report_id, name, config, recipients, formats) "
        "VALUES (:organization, :owner, :report, 's', '{}', '[]', '{csv}')"
    )
    given = {"organization": tenant.organization_id, "owner": tenant.user_id, "report": report_id}

    def make() -> None:
        with database.person(tenant.principal) as session:
            quotas.hold_schedule(session, tenant.principal)
            session.execute(insert, given)

    refused = _refusals(_at_once(5, make))
    assert len(refused) == 2
    assert "3 schedules" in refused[0]
    use = next(one for one in limits.get(tenant.principal) if one.quota is quota)
    assert (use.limit, use.used, use.is_own) == (3, 3, True)


def test_starts_of_a_minute(
    stack: Stack, tenant: Tenant, limits: QuotaService, quotas: Quotas, clock: FixedClock
) -> None:
    report_id = insert_report(stack.database, tenant)
    limits.set(tenant.principal, {Quota.STARTS_PER_MINUTE: 2})
    runs = RunService(stack.database, clock, ledger=stack.ledger, stores={}, quotas=quotas)
    clock.advance(timedelta(seconds=10))
    found = _at_once(4, lambda: runs.export(tenant.principal, report_id, "csv"))
    errors = [one for one in found if isinstance(one, TooManyRequests)]
    assert [error.retry_after_s for error in errors] == [60, 60]
    clock.advance(timedelta(seconds=59))
    with pytest.raises(TooManyRequests, match="Try again in 1 s"):
        runs.export(tenant.principal, report_id, "csv")
    clock.advance(timedelta(seconds=1))
    runs.export(tenant.principal, report_id, "csv")


def test_requests_of_a_minute(tenant: Tenant, limits: QuotaService, quotas: Quotas, clock: FixedClock) -> None:
    limits.set(tenant.principal, {Quota.REQUESTS_PER_MINUTE: 5})
    assert len(_refusals(_at_once(8, lambda: quotas.take_request(tenant.principal)))) == 3
    clock.advance(timedelta(minutes=1))
    quotas.take_request(tenant.principal)


def test_runs_at_once(
    stack: Stack, tenant: Tenant, limits: QuotaService, make_run: Callable[..., UUID], clock: FixedClock
) -> None:
    limits.set(tenant.principal, {Quota.RUNS_AT_ONCE: 2})
    ids = {make_run() for _ in range(4)}
    taken = [run for run in _at_once(4, stack.ledger.claim_next) if run is not None]
    assert len(taken) == 2
    assert stack.ledger.claim_next() is None
    (waiting, _) = ids - {run.id for run in taken}
    with stack.database.organization(tenant.organization_id) as session:
        assert standing_reading.place_of(session, waiting, clock.now()).full_at == 2
    stack.ledger.complete(taken[0])
    with stack.database.organization(tenant.organization_id) as session:
        assert standing_reading.place_of(session, waiting, clock.now()).full_at is None
    following = stack.ledger.claim_next()
    assert following is not None
    assert following.id in ids - {run.id for run in taken}


@pytest.mark.parametrize("quota", [Quota.BYTES_PER_RUN, Quota.STORAGE_BYTES])
def test_files_that_are_too_many(
    database: Database, tenant: Tenant, limits: QuotaService, make_run: Callable[..., UUID], quota: Quota
) -> None:
    run_id = make_run()
    limits.set(tenant.principal, {quota: 100})
    insert = text(
        "INSERT INTO artifacts (organization_id, run_id, format, file_name, media_type, size_bytes, sha256, store, "
        "storage_key, manifest) VALUES (:organization, :run, :format, 'f', 'm', 40, 's', 'file', :format, '{}')"
    )
    numbers = iter(range(5))

    def store() -> None:
        with database.organization(tenant.organization_id) as session:
            given = {"organization": tenant.organization_id, "run": run_id, "format": str(next(numbers))}
            session.execute(insert, given)

    if quota is Quota.STORAGE_BYTES:
        assert len(_refusals(_at_once(4, store))) == 2
    store_one_more = pytest.raises(QuotaReached, match="100 bytes")
    if quota is Quota.BYTES_PER_RUN:
        store()
        store()
    with store_one_more:
        store()


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock, quotas="rows_per_run=1000")


def test_rows_of_a_run(installation: Installation, database: Database, tenant: Tenant) -> None:
    dataset = insert_orders(database, tenant, uuid4)
    client = installation.sign_in(tenant)
    definition = {"dataset_id": str(dataset.id), "columns": ["order_id"], "timezone": "UTC"}
    made = client.post("/api/reports", json={"name": "Orders", "definition": definition}).json()

    def ended() -> dict[str, Any]:
        run = client.post(f"/api/reports/{made['id']}/export", json={"format": "csv"}).json()
        installation.daemon.run(UUID(run["id"]))
        told: dict[str, Any] = client.get(f"/api/report-executions/{run['id']}").json()
        return told

    assert ended()["status"] == "completed"
    client.patch("/api/quotas", json={"limits": {"rows_per_run": 999}})
    installation.clock.advance(timedelta(seconds=1))  # of the same moment it would take over the files of the first
    refused = ended()
    assert (refused["status"], refused["error"]["code"]) == ("failed", "quota_reached")
    assert "1,000 rows; one run may bring 999" in refused["error"]["message"]


def test_who_may_set_limits_and_which(
    tenant: Tenant, limits: QuotaService, database: Database, clock: FixedClock
) -> None:
    mere = replace(tenant.principal, permissions=BUILT_IN_ROLES["organization_admin"])
    with pytest.raises(NotAllowed):
        limits.set(mere, {Quota.SCHEDULES: 9})
    with pytest.raises(InvalidInput, match="whole number"):
        limits.set(tenant.principal, {Quota.SCHEDULES: 0})
    limits.set(tenant.principal, {Quota.SCHEDULES: 9, Quota.RUNS_AT_ONCE: None})
    limits.set(tenant.principal, {}, unset=frozenset({Quota.SCHEDULES}))
    assert [use.quota for use in limits.get(mere) if use.is_own] == [Quota.RUNS_AT_ONCE]
    defaults = read_defaults("schedules=7, runs_at_once=none", rates=True)
    Quotas(database, clock, defaults=defaults).publish()
    with database.organization(INSTALLATION) as session:
        assert session.execute(text("SELECT limits ->> 'schedules' FROM quotas")).scalar() == "7"
    for wrong in ("schedule=7", "schedules=x", "schedules"):
        with pytest.raises(InvalidInput):
            read_defaults(wrong, rates=True)
