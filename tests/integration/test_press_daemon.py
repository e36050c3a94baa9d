"""Daemons that are killed while they make files: the files' processes end with them, and exports are resumed."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select

from core.db.database import Database
from core.db.queue import defer_run
from core.db.tables import ArtifactRow, DatasetRow
from core.domain.run import RunKind
from core.runs import failpoints
from tests.conftest import Tenant
from tests.integration.test_recovery import Daemons, all_ended, columns, lapse, run_states, wait_until
from tests.run_parts import definition_of, insert_report, insert_run

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 100.0


@pytest.fixture
def daemons(database: Database, tmp_path: Path) -> Iterator[Daemons]:
    daemons = Daemons(database, tmp_path)
    yield daemons
    daemons.end()


#: Steps of a run that has nobody to send to.
STEPS = [failpoints.CLAIMED, failpoints.SPOOLED, failpoints.QUERIED, failpoints.STORED, failpoints.RENDERED]


@pytest.mark.parametrize("failpoint", STEPS)
def test_an_export_whose_rows_go_straight_into_its_file_survives_a_kill_at_every_step(
    database: Database, tenant: Tenant, tmp_path: Path, daemons: Daemons, failpoint: str
) -> None:
    insert_report(database, tenant)
    with database.organization(tenant.organization_id) as session:
        dataset_id = session.execute(select(DatasetRow.id)).scalar_one()
    run_id = insert_run(
        database, tenant, kind=RunKind.EXPORT, recipients=(), formats=("csv",), definition=definition_of(dataset_id)
    )
    with database.organization(tenant.organization_id) as session:
        defer_run(session, run_id)
    killed = daemons.start(failpoint=failpoint)
    assert daemons.exit_code(killed) == -signal.SIGKILL, daemons.logs()
    lapse(database, tenant)
    daemons.start()
    wait_until(all_ended(database, tenant), daemons)

    assert run_states(database, tenant) == ["completed"]
    kept = [row.storage_key for row in columns(database, tenant, ArtifactRow.storage_key)]
    stored = [
        path.relative_to(tmp_path / "artifacts") for path in (tmp_path / "artifacts").rglob("*") if path.is_file()
    ]
    assert sorted(map(str, stored)) == sorted(kept), "what the killed one stored is gone"
    wait_until(lambda: list((tmp_path / "spool").iterdir()) == [], daemons)


_MAKER = """
import sys
from datetime import timedelta
from pathlib import Path
from core.clock import SystemClock
from core.query.spool import write_spool
from core.render.renderer import Wishes
from core.runs.guard import Guard
from core.runs.press import RenderJob
from core.runs.press_process import ProcessPress
from core.runs.rendering import Picture
from tests.unit.test_run_rendering import result_of

folder, clock, result = Path(sys.argv[1]), SystemClock(), result_of(2)
write_spool(result, folder / "rows.arrow")
until = clock.now() + timedelta(hours=1)
guard = Guard(lambda: (until, None), clock=clock, lease_until=until, deadline=until, every_s=60, name="maker")
job = RenderJob(
    format="hang", head=result.head, spool=folder / "rows.arrow", folder=folder, picture=Picture(), wishes=Wishes()
)
ProcessPress(memory_mb=400, renderers="tests.bad_renderers").render(job, guard)
"""


def test_a_process_that_makes_a_file_ends_with_its_daemon(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _MAKER, str(tmp_path)], cwd=ROOT) as maker:
        try:
            children = _waited_for(lambda: _two_below(maker.pid))
        finally:
            maker.kill()
    assert len(children) == 2, "the server and the process that makes the file"
    gone, alive = psutil.wait_procs(children, timeout=PATIENCE_S)
    assert (len(gone), alive) == (2, [])


def _two_below(pid: int) -> list[psutil.Process]:
    children = psutil.Process(pid).children(recursive=True)
    return children if len(children) == 2 else []


def _waited_for(look: Callable[[], list[psutil.Process]]) -> list[psutil.Process]:
    """Look until there is something; the processes under test keep their own time."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.1)):
        if found := look():
            return found
        pause.wait(0.1)
    return []
