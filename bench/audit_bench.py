"""What the audit costs: transactions a second alone, with an event, and with an event linked under one lock at once.

    python -m bench.audit_bench [seconds]

Eight threads of one organization insert a row and commit, durably, on a PostgreSQL of its own. The third way is what
the product does not do: it is here to see what it would cost.
"""

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db import audit_checking, audit_linking, audit_repository
from core.db.database import Database
from core.db.embedded import start_embedded
from core.db.migrate import migrate
from core.domain.audit import AuditEvent
from core.services.audit_linking import AuditLinker

THREADS, ORGANIZATION, KEY = 8, uuid4(), "key"
EVENT = AuditEvent(
    actor_id=uuid4(),
    actor="ann@example.com",
    action="report.changed",
    kind="report",
    object_id=uuid4(),
    object_name="Sales by region",
    before={"name": "Sales", "limit": 100},
    after={"name": "Sales by region", "limit": 1000},
)


def alone(session: Session) -> None:
    """The work itself: one row."""
    session.execute(text("INSERT INTO daemons VALUES (gen_random_uuid(), 'h', 1, now(), now())"))


def with_event(session: Session) -> None:
    """The work and its event, which gets its link later."""
    alone(session)
    audit_repository.record(session, ORGANIZATION, EVENT)


def linked_at_once(session: Session) -> None:
    """The work and its event, linked in the same transaction: the chain is locked to its end."""
    alone(session)
    audit_linking.lock_chain(session, ORGANIZATION)
    audit_repository.record(session, ORGANIZATION, EVENT)
    audit_linking.link_some(session, ORGANIZATION, key=KEY, most=10)


def rate(database: Database, act: Callable[[Session], None], seconds: float) -> float:
    """Transactions a second of all threads together."""
    done, until = [0] * THREADS, time.monotonic() + seconds

    def work(number: int) -> None:
        while time.monotonic() < until:
            with database.organization(ORGANIZATION) as session:
                act(session)
            done[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


def main() -> None:
    """Measure the three, then the linking and the check."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    folder = Path(tempfile.mkdtemp(prefix="bs-"))
    server = start_embedded(folder)
    try:
        database = Database(migrate(server.owner_url, app_password="bench"), pool_size=THREADS + 2)
        for act in (alone, with_event, linked_at_once):
            print(f"{act.__name__:16} {rate(database, act, seconds):7.0f} transactions/s")
        _linking(database, ORGANIZATION)
        database.dispose()
    finally:
        server.stop()
        shutil.rmtree(folder)


def _linking(database: Database, organization_id: UUID) -> None:
    for _ in range(20):
        with database.organization(organization_id) as session:
            audit_repository.record_all(session, organization_id, [EVENT] * 1_000)
    began = time.monotonic()
    count = AuditLinker(database, key=KEY).link()
    print(f"{'linking':16} {count / (time.monotonic() - began):7.0f} events/s")
    began = time.monotonic()
    with database.organization(organization_id) as session:
        state = audit_checking.check_chain(session, organization_id, "bench", key=KEY)
    print(f"{'checking':16} {state.position / (time.monotonic() - began):7.0f} events/s, broken: {state.broken}")


if __name__ == "__main__":
    main()
