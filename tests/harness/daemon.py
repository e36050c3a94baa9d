"""One daemon of the harness: the product's own, as its bootstrap wires it, in a process of its own, with short waits.

It is forked from a server that has imported everything: a start costs a tenth of a second instead of two.
"""

import faulthandler
import gc
import logging
import multiprocessing
import os
import signal
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import scheduler_daemon
from core.bootstrap import build_daemon
from core.bootstrap import daemon as _wiring  # noqa: F401 - what only a daemon needs, imported before the fork
from core.db.database import Database
from core.errors import BroadsheetError
from core.runs import outbox, recovery, sharing, together, workers
from core.runs.failpoints import VARIABLE
from core.runs.ledger import Ledger
from core.runs.outbox import Outbox
from core.runs.press_process import ProcessPress
from core.runs.together import Together
from core.settings import load_settings
from tests.harness.mutants import MUTANTS

LEASE = timedelta(seconds=1.5)
UNKNOWN_WAIT = timedelta(seconds=0.5)
SWEEP_S = 1
#: A transaction that stands still is ended by the server, before what stands still is let go on.
STILL_S = 2.0
_SLOWEST = 3.0

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.harness.daemon"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How one daemon starts."""

    environment: dict[str, str]
    log: Path
    failpoint: str | None = None
    mutant: str | None = None
    pace: float = 1.0


def pace() -> float:
    """Return how many times longer than on a quiet machine things take here: everything that waits waits so long."""
    return min(max(os.getloadavg()[0] / (os.cpu_count() or 1), 1.0), _SLOWEST)


def serve(order: Order) -> None:
    """Be a daemon until it is told to stop, or dies."""
    gc.freeze()
    os.setsid()
    with order.log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    faulthandler.register(signal.SIGUSR1)
    os.environ.pop(VARIABLE, None)
    os.environ |= order.environment
    if order.failpoint is not None:
        os.environ[VARIABLE] = order.failpoint
    _hurry(order.pace)
    if order.mutant is not None:
        MUTANTS[order.mutant]()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    scheduler_daemon.quieten()
    try:
        daemon = build_daemon(load_settings(_env_file=None))
    except BroadsheetError:
        logging.getLogger(__name__).exception("daemon_not_started")
        os._exit(1)
    code = scheduler_daemon.serve(daemon)
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


def _hurry(pace: float) -> None:
    """Shorten what a daemon waits for, so that what a dead one held is free again soon."""
    for made in (Ledger, Outbox, Together):
        _defaults(made)["lease"] = LEASE * pace
    _defaults(Outbox)["unknown_wait"] = UNKNOWN_WAIT
    _defaults(Database)["most_still_s"] = STILL_S * pace
    outbox.DELIVERY_MAX_ATTEMPTS = 100  # type: ignore[attr-defined]
    for module in (recovery, sharing):
        module.LEASE = LEASE * pace  # type: ignore[attr-defined]
    together._LINGER_S = 0.1  # type: ignore[attr-defined]
    workers._POLL_S = workers._RESTART_S = 0.5
    scheduler_daemon.SWEEP_S = SWEEP_S
    scheduler_daemon.GRACE_S = 2.0
    # Every file here is a CSV, which needs no press; one that is needed nevertheless is started then.
    ProcessPress.start = lambda _press: None  # type: ignore[method-assign]


def _defaults(made: type) -> dict[str, Any]:
    defaults: dict[str, Any] = made.__init__.__kwdefaults__  # type: ignore[misc]
    return defaults
