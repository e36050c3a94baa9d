"""The audit: nothing in it changes unnoticed, nothing secret gets into it, and whoever is erased is gone from it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from core.clock import FixedClock
from core.db import audit_checking, audit_linking, audit_reading, audit_repository
from core.db.audit_erasing import erase_person
from core.db.database import Database
from core.domain.audit import INSTALLATION, AuditEvent
from core.domain.audit_chain import ChainState
from core.domain.audit_reading import AuditFilter
from core.services.audit import AuditService
from core.services.audit_linking import AuditLinker
from tests.conftest import Tenant

KEY = "k" * 43
TABLES = ("audit_events", "audit_details", "audit_links", "audit_heads")


def _event(name: str, **values: Any) -> AuditEvent:
    given: dict[str, Any] = {"actor_id": None, "actor": "ann@example.com", "object_id": None, **values}
    return AuditEvent(action="report.changed", kind="report", object_name=name, **given)


def _record(database: Database, tenant: Tenant, clock: FixedClock, *events: AuditEvent) -> None:
    with database.organization(tenant.organization_id) as session:
        audit_repository.record_all(session, tenant.organization_id, events, at=clock.now())


def _check(session: Session, tenant: Tenant) -> ChainState:
    return audit_checking.check_chain(session, tenant.organization_id, "Acme", key=KEY)


@pytest.fixture
def chain(database: Database, tenant: Tenant, clock: FixedClock) -> AuditLinker:
    """Five events of which each has its link."""
    for number in range(5):
        _record(database, tenant, clock, _event(f"r{number}", before={"n": number}, after={"n": number + 1}))
    linker = AuditLinker(database, key=KEY)
    assert linker.link() == 5
    return linker


def _tampered(session: Session, tenant: Tenant) -> Iterator[str]:
    """Every way to change, remove or put in a single row, one after the other; each is undone."""
    columns = session.execute(
        text("SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_name = ANY (:t)"),
        {"t": list(TABLES)},
    ).all()
    other = {
        "uuid": "gen_random_uuid()",
        "text": "coalesce({c}, '') || 'x'",
        "bigint": "{c} + 1000",
        "timestamp with time zone": "{c} + interval '1 microsecond'",
    }
    orders = [
        f"UPDATE {table} SET {column} = {other[kind].format(c=column)} WHERE ctid = (SELECT ctid FROM {table} LIMIT 1)"
        for table, column, kind in columns
        # The head's own moments are of no consequence.
        if (table, column) != ("audit_heads", "linked_at")
    ]
    orders += [
        f"DELETE FROM {table} WHERE ctid = (SELECT ctid FROM {table} {which} LIMIT 1)"
        for table in TABLES
        for which in ("", "ORDER BY ctid DESC")
    ]
    copied = "organization_id, at, actor_id, action, kind, object_id, detail_sha256"
    orders += [
        f"INSERT INTO audit_events (id, {copied}) SELECT gen_random_uuid(), {copied} FROM audit_events LIMIT 1",
        f"""WITH put AS (
            INSERT INTO audit_events (id, recorded_at, {copied})
            SELECT gen_random_uuid(), recorded_at - interval '1 hour', {copied} FROM audit_events LIMIT 1
            RETURNING id, organization_id)
        INSERT INTO audit_waiting (organization_id, event_id) SELECT organization_id, id FROM put""",
        """INSERT INTO audit_links SELECT organization_id, position + 5, gen_random_uuid(), linked_at, caught_up_at,
            sha256 FROM audit_links WHERE position = 1""",
        # Two events change places.
        """UPDATE audit_links l SET event_id = o.event_id FROM audit_links o
            WHERE l.position + o.position = 5 AND l.position IN (2, 3)""",
        # The tail goes, head included.
        """WITH gone AS (DELETE FROM audit_links WHERE position = 5) UPDATE audit_heads SET position = 4,
            sha256 = (SELECT sha256 FROM audit_links WHERE position = 4)""",
    ]
    session.execute(text("ALTER TABLE audit_links DROP CONSTRAINT uq_audit_links_event_id"))
    for order in orders:
        with session.begin_nested() as nested:
            changed = session.execute(text(order))
            assert changed.rowcount > 0, order  # type: ignore[attr-defined]
            yield order
            nested.rollback()


def test_any_single_row_that_is_tampered_with_is_named(
    chain: AuditLinker, owner_session: Session, tenant: Tenant
) -> None:
    assert _check(owner_session, tenant).broken is None
    unnoticed = []
    for order in _tampered(owner_session, tenant):
        owner_session.expire_all()
        state = _check(owner_session, tenant)
        if state.broken is None:
            unnoticed.append(order)
    assert unnoticed == []
    assert _check(owner_session, tenant).position == 5


def test_an_event_of_yesterday_is_noticed_once_it_has_a_link(
    chain: AuditLinker, owner_session: Session, tenant: Tenant, clock: FixedClock
) -> None:
    forged = audit_repository.record(owner_session, tenant.organization_id, _event("forged"), at=clock.now())
    back = text("UPDATE audit_events SET recorded_at = recorded_at - interval '1 day' WHERE id = :id")
    owner_session.execute(back, {"id": forged})
    owner_session.commit()
    assert chain.link() == 1
    broken = f"Link 6: its event {forged} was put in later than it says."
    assert _check(owner_session, tenant).broken == broken


@pytest.mark.parametrize("table", ["audit_events", "audit_details", "audit_links"])
@pytest.mark.parametrize("order", ["UPDATE {} SET organization_id = organization_id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_app_can_only_add(database: Database, tenant: Tenant, table: str, order: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        database.organization(tenant.organization_id) as session,
    ):
        session.execute(text(order.format(table)))


def test_many_at_once_make_one_chain(database: Database, tenant: Tenant, clock: FixedClock) -> None:
    linker, begin = AuditLinker(database, key=KEY), threading.Barrier(8)

    def act(number: int) -> None:
        begin.wait()
        for turn in range(50):
            _record(database, tenant, clock, _event(f"{number}.{turn}"))
            if turn % 10 == number:
                linker.link()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(act, range(8)))
    linker.link()
    with database.organization(tenant.organization_id) as session:
        state = _check(session, tenant)
        assert (state.broken, state.position, state.waiting) == (None, 400, 0)


def test_the_installation_has_a_chain_that_no_organization_reads(
    database: Database, tenant: Tenant, clock: FixedClock
) -> None:
    with database.installation() as session:
        audit_repository.record(session, None, _event("a"), at=clock.now())
    with database.organization(tenant.organization_id) as session:
        audit_repository.record(session, None, _event("b"), at=clock.now())
        assert audit_reading.list_actions(session, tenant.organization_id) == ()
    AuditLinker(database, key=KEY).link()
    with database.organization(INSTALLATION) as session:
        assert audit_linking.load_head(session, INSTALLATION).position == 2  # type: ignore[union-attr]


def test_an_erased_person_is_gone_and_the_chain_holds(
    database: Database, owner_session: Session, tenant: Tenant, clock: FixedClock
) -> None:
    linker, here = AuditLinker(database, key=KEY), tenant.organization_id
    _record(
        database, tenant, clock, _event("r1"), _event("r2", actor="bob@example.com", after={"to": "Ann@Example.com"})
    )
    _record(database, tenant, clock, _event("r3", actor="bob@example.com"))
    linker.link()
    with database.organization(here) as session:
        erased = erase_person(
            session, here, person_id=None, addresses=["ann@example.com"], by=tenant.user_id, at=clock.now()
        )
    assert erased == 2
    linker.link()
    dump = owner_session.execute(text("SELECT string_agg(d::text, '') FROM audit_details d")).scalar_one()
    assert "ann@example.com" not in dump.lower()
    assert "bob@example.com" in dump
    assert _check(owner_session, tenant).broken is None
    owner_session.execute(text("UPDATE audit_details SET salt = NULL, actor = '', object_name = '', changes = ''"))
    assert "no erasure says so" in str(_check(owner_session, tenant).broken)


def test_secrets_do_not_get_in(database: Database, owner_session: Session, tenant: Tenant, clock: FixedClock) -> None:
    planted = {
        "password": "s3cret-1",
        "connection": {"host": "db", "Api-Key": "s3cret-2", "more": [{"bot_token": "s3cret-3"}]},
    }
    _record(database, tenant, clock, _event("r", before=planted, after={"smtp_password": "s3cret-4", "x": object()}))
    dump = owner_session.execute(text("SELECT string_agg(d::text, '') FROM audit_details d")).scalar_one()
    assert "s3cret" not in dump
    assert '"host": "db"' in dump.replace('\\"', '"').replace('""', '"')


def test_the_list_goes_on_where_it_ended_and_csv_has_all_of_it(
    database: Database, tenant: Tenant, clock: FixedClock
) -> None:
    audit = AuditService(database, key=KEY)
    for number in range(7):
        _record(database, tenant, clock, _event(f"=r{number}"))
        clock.advance(timedelta(seconds=number % 2))
    seen, cursor = [], None
    while True:
        part = audit.list(tenant.principal, AuditFilter(person="ANN"), limit=3, cursor=cursor)
        seen += [entry.object_name for entry in part.items]
        cursor = part.cursor
        if cursor is None:
            break
    assert sorted(seen) == [f"=r{number}" for number in range(7)]
    lines = b"".join(audit.csv(tenant.principal, AuditFilter(named="r3"))).decode().splitlines()
    assert len(lines) == 2
    assert "'=r3" in lines[1]
    assert audit.actions(tenant.principal) == ("audit.exported", "report.changed")
