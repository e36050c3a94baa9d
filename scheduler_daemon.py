"""The daemon: APScheduler is its clock, the queue's workers are its hands. Start any number, on any machines."""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler
from procrastinate.exceptions import ConnectorException
from psycopg import OperationalError

from core.bootstrap import build_daemon, set_up_logging, set_up_tracing
from core.errors import BroadsheetError, DatabaseUnavailable
from core.services.daemon import DaemonService
from core.settings import load_settings

logger = logging.getLogger("broadsheet.daemon")

#: Seconds between ticks of each duty.
PLAN_S, LINK_S, SWEEP_S, HEARTBEAT_S, TELL_S = 1, 2, 5, 5, 15
ALERT_S, BOUNCES_S, CHECK_S, REFRESH_S, RETAIN_S = 60, 60, 600, 3600, 86_400
#: Seconds that work under way may take after SIGTERM before other daemons get it.
GRACE_S = 10.0
#: Seconds after that for saying goodbye.
LEAVE_S = 2.0


def main() -> int:
    """Run until SIGTERM or Ctrl-C; returns the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until the event loop takes the signals
    try:
        settings = load_settings()
        set_up_logging(settings.log_format)
        set_up_tracing("daemon", settings.otel_exporter_otlp_endpoint)
        quieten()
        daemon = build_daemon(settings)
    except BroadsheetError as error:
        logger.error("daemon_not_started reason=%s", error.user_message)
        return 1
    return serve(daemon)


def quieten() -> None:
    """Keep libraries from reporting what is normal here; their errors stay."""
    for noisy in ("procrastinate", "kaleido", "choreographer"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # There a tick that waits for its predecessor, and each try to reach a database that is away, are warnings.
    for noisy in ("apscheduler", "psycopg.pool"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    for handler in logging.getLogger().handlers:
        handler.addFilter(without_outage_traceback)


def without_outage_traceback(record: logging.LogRecord) -> bool:
    """The queue's workers log a traceback for every try to reach a database that is away: one line says as much."""
    if record.exc_info and isinstance(record.exc_info[1], ConnectorException | OperationalError):
        record.exc_info = None
    return True


def serve(daemon: DaemonService) -> int:
    """Tick and work until a signal asks to stop; returns the exit code."""
    ticking = start_ticking(daemon)
    logger.info("daemon_started process=%s", os.getpid())
    try:
        finished = asyncio.run(work(daemon))
    except DatabaseUnavailable as error:
        logger.error("daemon_stopped process=%s reason=%s", os.getpid(), error.user_message)
        return 1
    finally:
        ticking.shutdown(wait=False)
        daemon.leave()
    logger.info("daemon_stopped process=%s finished=%s", os.getpid(), finished)
    return 0


def start_ticking(daemon: DaemonService) -> BackgroundScheduler:
    """Start the clock: every duty at once, then at its interval, never twice at a time; missed ticks fall together."""
    ticking = BackgroundScheduler(
        timezone=UTC, job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    )
    duties: tuple[tuple[Callable[[], object], int], ...] = (
        (daemon.heartbeat, HEARTBEAT_S),
        (daemon.plan, PLAN_S),
        (daemon.link, LINK_S),
        (daemon.sweep, SWEEP_S),
        (daemon.tell, TELL_S),
        (daemon.alert, ALERT_S),
        (daemon.read_bounces, BOUNCES_S),
        (daemon.check_catalog, CHECK_S),
        (daemon.refresh, REFRESH_S),
        (daemon.retain, RETAIN_S),
    )
    for duty, seconds in duties:
        ticking.add_job(performing(duty), "interval", seconds=seconds, next_run_time=datetime.now(UTC))
    ticking.start()
    return ticking


def performing(duty: Callable[[], object]) -> Callable[[], None]:
    """Wrap a duty so that a tick that fails is logged and the next one comes; an outage is logged once."""
    is_away = False

    def perform() -> None:
        nonlocal is_away
        try:
            duty()
        except DatabaseUnavailable:
            if not is_away:
                logger.warning("database_unavailable duty=%s", duty.__name__)
            is_away = True
        except Exception:
            logger.exception("duty_failed duty=%s", duty.__name__)
        else:
            if is_away:
                logger.info("database_is_back duty=%s", duty.__name__)
            is_away = False

    return perform


async def work(daemon: DaemonService) -> bool:
    """Work until a signal asks to stop; returns whether everything was finished."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop_soon, stopping)
    finished = await daemon.work(stopping, grace_s=GRACE_S)
    if not finished:
        # Threads are still busy with work that other daemons have by now; leaving the loop would wait for them.
        try:
            daemon.leave()
        finally:
            logging.shutdown()
            os._exit(0)
    return finished


def stop_soon(stopping: asyncio.Event) -> None:
    """Ask the work to stop, and end the process whatever holds it: a database that does not answer, a stuck thread."""
    stopping.set()
    ending = threading.Timer(GRACE_S + LEAVE_S, os._exit, args=(0,))
    ending.daemon = True
    ending.start()


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    # Everything is closed; at a regular exit DuckDB's bindings would fill the log with what they "leaked".
    os._exit(code)
