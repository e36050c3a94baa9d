"""Places at which a test may kill or stop the process as a power cut or a pause would; elsewhere they do nothing."""

import os
import signal

#: Names the place at which the process dies: `stored`. `stored:SIGSTOP` stops it there once, until it is continued.
VARIABLE = "BROADSHEET_FAILPOINT"

PLANNING = "planning"  #: runs of due slots are written, their transaction is not committed
PLANNED = "planned"  #: the runs and the schedules' next slots are committed
CLAIMED = "claimed"  #: the run's lease is taken, nothing done
QUERYING = "querying"  #: the source was asked, no row is kept
SPOOLED = "spooled"  #: the rows are on disk, of a small run in memory; nothing of it is written to the ledger
DECIDED = "decided"  #: the verdict is written with the step `queried`, neither is committed
QUERIED = "queried"  #: the step `queried` is committed, of a small run all that follows to `delivering` with it
STORED = "stored"  #: the files are stored, the step is not committed; a small run comes to `decided` after this
RENDERED = "rendered"  #: the step `rendered` is committed
DELIVERING = "delivering"  #: outbox rows and their jobs are committed
SENDING = "sending"  #: a delivery says `sending`, the network was not touched
ACCEPTED = "accepted"  #: the other side said yes, nothing is recorded yet
SENT = "sent"  #: the delivery's end is written, its transaction, which also ends the run, is not committed
SETTLED = "settled"  #: the ends of the delivery and, with the last one, of its run are committed

ALL = (
    PLANNING,
    PLANNED,
    CLAIMED,
    QUERYING,
    SPOOLED,
    DECIDED,
    QUERIED,
    STORED,
    RENDERED,
    DELIVERING,
    SENDING,
    ACCEPTED,
    SENT,
    SETTLED,
)


def reach(name: str) -> None:
    """Die or stop here without any clean-up if the environment says so."""
    place, _, number = os.environ.get(VARIABLE, "").partition(":")
    if place == name:
        del os.environ[VARIABLE]
        os.kill(os.getpid(), signal.Signals[number or "SIGKILL"])
