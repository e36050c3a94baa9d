"""Jobs are deferred inside the caller's transaction."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.db.database import Database
from core.db.queue import defer_delivery, defer_run, worker_app

RUN = UUID(int=1)


def _jobs(database: Database) -> list[tuple[object, ...]]:
    with database.installation() as session:
        rows = session.execute(
            text("SELECT task_name, queue_name, args, scheduled_at FROM procrastinate_jobs ORDER BY id")
        )
        return [tuple(row) for row in rows]


def test_a_job_is_there_once_the_transaction_commits(database: Database) -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    with database.organization(uuid4()) as session:
        defer_run(session, RUN)
        defer_delivery(session, RUN, at=at)
        assert _jobs(database) == []
    assert _jobs(database) == [
        ("run", "runs", {"run_id": str(RUN)}, None),
        ("deliver", "deliveries", {"delivery_id": str(RUN)}, at),
    ]


def test_a_rolled_back_transaction_leaves_no_job(database: Database) -> None:
    with pytest.raises(RuntimeError), database.installation() as session:  # noqa: PT012
        defer_run(session, RUN)
        raise RuntimeError
    assert _jobs(database) == []


def test_waking_twice_queues_once_and_keeps_the_transaction(database: Database) -> None:
    with database.installation() as session:
        defer_run(session, RUN)
        defer_run(session, RUN)
        defer_run(session, UUID(int=2))
    assert [job[2] for job in _jobs(database)] == [{"run_id": str(RUN)}, {"run_id": str(UUID(int=2))}]


def test_a_later_wake_up_does_not_swallow_one_for_now(database: Database) -> None:
    with database.installation() as session:
        defer_run(session, RUN, at=datetime(2030, 1, 1, tzinfo=UTC))
        defer_run(session, RUN)
    assert len(_jobs(database)) == 2


def test_a_worker_of_the_app_role_carries_the_jobs_out(database: Database) -> None:
    import asyncio

    seen: list[str] = []

    async def work() -> None:
        app = worker_app(database.engine.url)

        @app.task(name="run", queue="runs")
        def run(run_id: str) -> None:
            seen.append(run_id)

        async with app.open_async():
            await app.run_worker_async(queues=["runs"], wait=False, install_signal_handlers=False)

    with database.installation() as session:
        defer_run(session, RUN)
    asyncio.run(work())
    assert seen == [str(RUN)]
