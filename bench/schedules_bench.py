"""Schedules at scale: planning thousands in one minute, carrying them out, and what they cost at rest.

python -m bench.schedules_bench [schedules] [daemons]
"""

import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import psutil
import psycopg

from bench.figures import Figure, table
from bench.schedule_parts import Site, daemons, log_of, now, site
from core.clock import SystemClock
from core.runs.planner import Planner

SCHEDULES = 10_000
AT_REST = 100_000
PLAN_LIMIT_S = 5
TICK_LIMIT_MS = 50
RUNS_PER_S = 80
#: Two cores that do nothing else then do more than `RUNS_PER_S`.
CPU_LIMIT_MS = 20
WORKERS = 2
_TICKS = 20
_PLAIN_JOBS = 2000
_GIVE_UP_S = 1800


def measure(schedules: int = SCHEDULES, processes: int = 2) -> list[Figure]:
    """Everything on one installation, one thing after the other."""
    with site() as place:
        figures = [*_at_rest(place), *_plan(place, schedules)]
        plain = _plain_claims(place)
        return figures + _carry_out(place, schedules, processes, plain)


def _at_rest(place: Site) -> list[Figure]:
    """What a tick costs where nothing is due."""
    place.add_schedules(AT_REST, due_at=now().replace(year=2090))
    with place.owner.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    planner = Planner(place.database, SystemClock())
    planner.plan()
    figure = Figure(
        name=f"a tick with {AT_REST:,} schedules at rest, median of {_TICKS}",
        measured=statistics.median(_seconds(planner.plan) for _ in range(_TICKS)) * 1000,
        unit="ms",
        limit=TICK_LIMIT_MS,
    )
    place.clear()
    return [figure]


def _plan(place: Site, schedules: int) -> list[Figure]:
    """Plan what is due in one minute; the runs stay for the next part."""
    place.add_schedules(schedules, due_at=now().replace(second=0, microsecond=0))
    took_s = _seconds(Planner(place.database, SystemClock()).plan)
    made = place.count("SELECT count(*) FROM runs WHERE state = 'pending'")
    if made != schedules:
        sys.exit(f"{made} runs were made of {schedules} schedules")
    return [Figure(name=f"{schedules:,} schedules planned", measured=took_s, unit="s", limit=PLAN_LIMIT_S)]


def _plain_claims(place: Site) -> float:
    """Claims a second of a loop that does nothing but `SELECT … FOR UPDATE SKIP LOCKED` and an update, one process."""
    url = place.owner.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE bench_jobs (id bigserial PRIMARY KEY, state text NOT NULL DEFAULT 'todo')")
        connection.execute("INSERT INTO bench_jobs (state) SELECT 'todo' FROM generate_series(1, %s)", [_PLAIN_JOBS])
        connection.execute("CREATE INDEX ON bench_jobs (id) WHERE state = 'todo'")
        connection.commit()
        began = time.perf_counter()
        for _ in range(_PLAIN_JOBS):
            connection.execute(
                "UPDATE bench_jobs SET state = 'done' WHERE id = (SELECT id FROM bench_jobs WHERE state = 'todo' "
                "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)"
            )
            connection.commit()
        return _PLAIN_JOBS / (time.perf_counter() - began)


def _carry_out(place: Site, schedules: int, processes: int, plain: float) -> list[Figure]:
    """Have daemons carry out what was planned, to the last delivery."""
    began, peak, finished = None, 0, 0
    cpu_s = 0.0
    with daemons(place, processes, workers=WORKERS) as started:
        started_at = time.monotonic()
        while finished < schedules:
            time.sleep(0.2)
            finished = place.count("SELECT count(*) FROM runs WHERE finished_at IS NOT NULL")
            if began is None and finished:
                began, before = time.monotonic(), finished
                cpu_before = _processor_s(started, place.server_pid)
            peak = max([peak, *(_memory(process.pid) for process in started)])
            if time.monotonic() - started_at > _GIVE_UP_S or any(process.poll() is not None for process in started):
                sys.exit(f"only {finished} of {schedules} runs were finished; see {log_of(place, 0)}")
        ended = time.monotonic()
        cpu_s = _processor_s(started, place.server_pid) - cpu_before
    rate = (schedules - before) / (ended - began)
    bad = place.count("SELECT count(*) FROM runs WHERE state <> 'completed'")
    shares = [log_of(place, number).read_text().count("run_claimed") for number in range(processes)]
    uneven = max(abs(share - schedules / processes) for share in shares) / (schedules / processes)
    return [
        Figure(
            name=f"runs a second, {processes} daemons of {WORKERS} workers: seconds for each {RUNS_PER_S} runs",
            measured=RUNS_PER_S / rate,
            unit="s",
            limit=1,
        ),
        Figure(name="the same as runs a second", measured=rate, unit="/s"),
        Figure(
            name="processor time of the daemons and of PostgreSQL for each run",
            measured=cpu_s / (schedules - before) * 1000,
            unit="ms",
            limit=CPU_LIMIT_MS,
        ),
        Figure(name="claims a second of a plain SKIP LOCKED loop", measured=plain, unit="/s"),
        Figure(name="claims of the plain loop for each run carried out", measured=plain / rate, unit=""),
        Figure(name="runs that did not complete", measured=bad, unit="", limit=None),
        Figure(name="furthest share of a daemon from even", measured=uneven * 100, unit="%", limit=15),
        Figure(name="most memory of a daemon", measured=peak / 1e6, unit="MB"),
    ]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _memory(pid: int) -> int:
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0


def _processor_s(started: list[subprocess.Popen[bytes]], server_pid: int) -> float:
    """What the daemons and the server took so far; the server's with those of its processes that have ended."""
    total = 0.0
    for pid in (server_pid, *(process.pid for process in started)):
        for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                times = one.cpu_times()
                total += times.user + times.system
                if pid == server_pid:
                    total += times.children_user + times.children_system
    return total


if __name__ == "__main__":
    print(table(measure(*(int(argument) for argument in sys.argv[1:]))))
