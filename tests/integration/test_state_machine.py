"""Thousands of steps in any order over schedules, runs and deliveries, on the real services, ledger and database."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from core.db import access_repository
from core.db.database import Database
from core.db.embedded import EmbeddedPostgres
from core.db.migrate import DatabaseUrls
from core.domain.access import BUILT_IN_ROLES, Principal
from tests.conftest import Tenant
from tests.harness.daemon_happenings import Happenings
from tests.harness.ledger_rules import WRITE_DOWN_CHANGES
from tests.harness.people_happenings import Ground
from tests.run_parts import insert_report

STEPS = 5_000
_EXAMPLE_STEPS, _EXAMPLES = 50, 20
_MOST = 2  #: so many times the steps, if it has not come to everything by then
#: Moves between states without which nothing would be shown.
_COMES_TO_THAT = {
    ("runs", "pending", "running"),
    ("runs", "running", "running"),
    ("runs", "running", "waiting"),
    ("runs", "running", "completed"),
    ("runs", "running", "partial"),
    ("runs", "running", "cancelled"),
    ("deliveries", "sending", "sent"),
    ("deliveries", "sending", "retry"),
    ("deliveries", "sending", "unknown"),
    ("deliveries", "sending", "held"),
    ("deliveries", "unknown", "sending"),
    ("deliveries", "held", "pending"),
    ("deliveries", "failed", "pending"),
}


@pytest.fixture
def ground(database_copy: DatabaseUrls, postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Ground]:
    """A database of its own, whose changes of states are written down."""
    assert database_copy.owner is not None
    administrator_url = postgres.administrator_url.set(drivername="postgresql", database=database_copy.owner.database)
    with psycopg.connect(administrator_url.render_as_string(hide_password=False), autocommit=True) as administrator:
        administrator.execute(WRITE_DOWN_CHANGES)
        tenant = _tenant(database_copy)
        database = Database(database_copy.app, pool_size=2)
        try:
            yield Ground(
                database=database,
                administrator=administrator,
                tenant=tenant,
                report_id=insert_report(database, tenant),
                folder=tmp_path,
            )
        finally:
            database.dispose()


def _tenant(urls: DatabaseUrls) -> Tenant:
    assert urls.owner is not None
    role, email = "installation_admin", "person@example.com"
    with Session(create_engine(urls.owner, poolclass=NullPool)) as session:
        organization_id = access_repository.insert_organization(session, "Happenings", "UTC")
        user_id = access_repository.insert_user(
            session,
            organization_id=organization_id,
            email=email,
            name="Person",
            password_hash="none",
            role=role,
            timezone="UTC",
        )
        session.commit()
    principal = Principal(
        user_id=user_id,
        organization_id=organization_id,
        email=email,
        name="Person",
        organization="Happenings",
        role=role,
        permissions=BUILT_IN_ROLES[role],
        timezone="UTC",
    )
    return Tenant(organization_id=organization_id, user_id=user_id, principal=principal, password="none")


def happen(ground: Ground, steps: int) -> None:
    """Let at least so many steps happen, and further ones until it came to everything: ids are random."""
    Happenings.steps = 0
    Happenings.moves.clear()
    for number in itertools.count():
        if Happenings.steps >= (steps if set(Happenings.moves) >= _COMES_TO_THAT else _MOST * steps):
            return
        run_state_machine_as_test(
            hypothesis.seed(number)(lambda: Happenings(ground)),
            settings=settings(
                max_examples=_EXAMPLES,
                stateful_step_count=_EXAMPLE_STEPS,
                deadline=None,
                database=None,
                report_multiple_bugs=False,
                # Ids are random, so that smaller examples are other examples.
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )


@pytest.mark.timeout(600)
def test_whatever_happens_the_rules_hold(ground: Ground) -> None:
    happen(ground, STEPS)
    assert set(Happenings.moves) >= _COMES_TO_THAT, "it came to everything that matters"
