"""What the tests of runs and deliveries ask for: the stages with stand-ins at their ends, and runs to work on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.db.database import Database
from core.services.runs import RunService
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import definition_of, insert_report, insert_run


@pytest.fixture
def stack(database: Database, clock: FixedClock, tmp_path: Path) -> Stack:
    return Stack(database=database, clock=clock, folder=tmp_path)


@pytest.fixture
def service(stack: Stack) -> RunService:
    return RunService(stack.database, stack.clock, ledger=stack.ledger, stores={"file": stack.store})


@pytest.fixture
def make_run(database: Database, tenant: Tenant) -> Callable[..., UUID]:
    """Insert a run of a saved report: `make_run(recipients=...)`."""
    report_id = insert_report(database, tenant)
    with database.organization(tenant.organization_id) as session:
        dataset_id = session.execute(text("SELECT dataset_id FROM reports")).scalar_one()

    def make(**changes: Any) -> UUID:
        values = {"definition": definition_of(dataset_id), "report_id": report_id, "report_version": 1, **changes}
        return insert_run(database, tenant, **values)

    return make
