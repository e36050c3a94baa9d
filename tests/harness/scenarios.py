"""One delivery and one slot at the moment that the fence and the unique slot are for; mutants without them are caught.

Each returns the checker's verdict: nothing wrong with the product as it is, duplicates with its mutant.
"""

import signal
from collections.abc import Callable
from datetime import UTC, datetime

from core.runs import failpoints
from tests.harness.checker import Verdict, check
from tests.harness.orders import Orders
from tests.harness.site import Site, wait_until

_PATIENCE_S = 60.0


def zombie_sender(site: Site, mutant: str | None = None) -> Verdict:
    """A daemon stands still before it touches the network; another one sends; then the first one goes on."""
    orders = Orders(site=site)
    orders.add_daily(1, due_at=_minute(), channels=("email",))
    sleeper = site.start(failpoint=f"{failpoints.SENDING}:SIGSTOP", mutant=mutant)
    _expect(lambda: sleeper.is_stopped, "the first daemon stands still")
    heir = site.start(mutant=mutant)
    _expect(orders.are_done, "the second daemon sent it")
    sleeper.signal(signal.SIGCONT)
    _expect(lambda: sleeper.says("delivery_lease_lost") or sleeper.says("delivery_sent"), "the first daemon went on")
    orders.end()
    for daemon in (sleeper, heir):
        daemon.signal(signal.SIGKILL)
        daemon.join()
    return check(site, orders)


def slot_planned_again(site: Site, mutant: str | None = None) -> Verdict:
    """A slot has its run; then the clock is set back and the slot is due once more."""
    if mutant is not None:
        site.rows("DROP INDEX uq_runs_slot")
    orders = Orders(site=site)
    due_at = _minute()
    made = orders.add_daily(1, due_at=due_at, channels=("email",))
    daemon = site.start(mutant=mutant)
    _expect(lambda: bool(site.rows("SELECT 1 FROM runs")) and orders.are_done(), "the slot was run for")
    orders.set_back(1)
    later = "SELECT 1 FROM schedules WHERE id = %s AND next_run_at > %s"
    _expect(lambda: bool(site.rows(later, made[0], due_at)) and orders.are_done(), "the slot was planned again")
    orders.end()
    daemon.signal(signal.SIGKILL)
    daemon.join()
    return check(site, orders)


#: By the mutant that each is there for.
SCENARIOS: dict[str, Callable[[Site, str | None], Verdict]] = {"fence": zombie_sender, "slot": slot_planned_again}


def _expect(condition: Callable[[], bool], words: str) -> None:
    if not wait_until(condition, _PATIENCE_S):
        raise AssertionError(f"it did not come to this in {_PATIENCE_S} s: {words}")


def _minute() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)
