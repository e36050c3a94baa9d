"""Places at which a test may kill the process as a power cut would; outside tests they do nothing."""

import os
import signal

#: Names the place at which the process dies.
VARIABLE = "BROADSHEET_FAILPOINT"

CLAIMED = "claimed"  #: the run's lease is taken, nothing done
SPOOLED = "spooled"  #: the rows are on disk, the step is not committed
QUERIED = "queried"  #: the step `queried` is committed
STORED = "stored"  #: the files are stored, the step is not committed
RENDERED = "rendered"  #: the step `rendered` is committed
DELIVERING = "delivering"  #: outbox rows and their jobs are committed
SENDING = "sending"  #: a delivery says `sending`, the network was not touched
ACCEPTED = "accepted"  #: the other side said yes, nothing is recorded yet
SENT = "sent"  #: the delivery says `sent`

ALL = (CLAIMED, SPOOLED, QUERIED, STORED, RENDERED, DELIVERING, SENDING, ACCEPTED, SENT)


def reach(name: str) -> None:
    """Die here without any clean-up if the environment says so."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
