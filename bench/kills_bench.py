"""Kills at length: daemons and their database are killed and stopped by the thousand, and what arrived is checked.

python -m bench.kills_bench [--kills 1000] [--minutes 30] [--seed 1] [--slots 10000 [--daemons 4]] [--letters 1000]
                            [--mutant fence|slot]
"""

import argparse
import logging
import secrets
import sys
import time
from datetime import UTC, datetime

from bench.figures import Figure, table
from core.runs import failpoints
from tests.harness.bursts import Letters
from tests.harness.chaos import Chaos
from tests.harness.checker import Verdict, broken, check
from tests.harness.mutants import MUTANTS
from tests.harness.orders import Orders
from tests.harness.scenarios import SCENARIOS
from tests.harness.site import harness_site, wait_until

KILLS = 1_000
LETTERS = 1_000
_LETTER_KILLS = 30
_PATIENCE_S = 3600.0


def kills(wanted: int, seed: int, *, within_s: float = float("inf")) -> list[Figure]:
    """Kill so often, recover and check; ends with the checker's words where something is wrong."""
    began = time.monotonic()
    with harness_site() as site:
        orders = Orders(site=site)
        chaos = Chaos(site=site, orders=orders, seed=seed)
        chaos.kill(wanted, within_s=within_s)
        done = chaos.recover(_PATIENCE_S)
        verdict = check(site, orders)
        _end_if_wrong(verdict, done=done, logs=broken(daemon.log for daemon in site.daemons))
    at_failpoints = sum(chaos.killed[place] for place in failpoints.ALL)
    return [
        Figure(name=f"processes killed, seed {seed}", measured=chaos.kills, unit=""),
        Figure(name=f"of them at the {len(failpoints.ALL)} failpoints", measured=at_failpoints, unit=""),
        Figure(name="fewest at one failpoint", measured=min(chaos.killed[p] for p in failpoints.ALL), unit=""),
        Figure(name="of them the database", measured=chaos.killed["database"], unit=""),
        Figure(name="daemons stopped beyond their lease, and continued", measured=chaos.pauses, unit=""),
        Figure(
            name="of them inside a transaction, which the server ended", measured=chaos.pauses_in_transactions, unit=""
        ),
        *_figures(verdict),
        Figure(name="all that took", measured=time.monotonic() - began, unit="s"),
    ]


def slots(count: int, daemons: int) -> list[Figure]:
    """Have daemons side by side carry out so many slots of one minute, and check."""
    with harness_site() as site:
        orders = Orders(site=site)
        orders.add_many(count, due_at=datetime.now(UTC).replace(second=0, microsecond=0))
        for _ in range(daemons):
            site.start()
        began = time.monotonic()
        done = wait_until(lambda: bool(site.rows("SELECT 1 FROM runs LIMIT 1")) and orders.are_done(), _PATIENCE_S)
        took_s = time.monotonic() - began
        orders.end()
        shares = [daemon.log.read_text().count("run_claimed") for daemon in site.daemons]
        site.end_daemons()
        verdict = check(site, orders)
        _end_if_wrong(verdict, done=done, logs=broken(daemon.log for daemon in site.daemons))
    even = count / daemons
    return [
        Figure(name=f"slots carried out by {daemons} daemons", measured=verdict.slots, unit=""),
        Figure(name="furthest share from even", measured=max(abs(s - even) for s in shares) / even * 100, unit="%"),
        *_figures(verdict),
        Figure(name="all that took", measured=took_s, unit="s"),
    ]


def letters(count: int, seed: int) -> list[Figure]:
    """Kill the daemons of one run to so many addresses again and again, under both rules for an unknown end."""
    figures = []
    for rule in ("hold", "resend"):
        with harness_site() as site:
            burst = Letters(site=site, count=count, unknown=rule)
            burst.order()
            burst.die_often(_LETTER_KILLS, seed, _PATIENCE_S)
            done = burst.finish(_PATIENCE_S)
            wrongs = [*burst.wrongs(), *broken(daemon.log for daemon in site.daemons)]
            if wrongs or not done:
                sys.exit("\n".join(["" if done else f"not done: {burst.states()}", *wrongs[:20]]))
            states, kills, again = burst.states(), burst.killed.total(), burst.again()
        name = f"recipients of one run, unknown ends: {rule}"
        figures += [
            Figure(name=name, measured=count, unit=""),
            Figure(name="  its daemons killed", measured=kills, unit=""),
            Figure(name="  sent", measured=states["sent"], unit=""),
            Figure(
                name="  held for a person, or given up after two unknown ends", measured=count - states["sent"], unit=""
            ),
            Figure(name="  left out, or with another's rows, or twice without a record", measured=len(wrongs), unit=""),
            Figure(name="  second arrivals inside the window, on record", measured=again, unit=""),
        ]
    return figures


def caught(mutant: str) -> list[Figure]:
    """Have the checker look at a daemon that lacks what keeps deliveries single; ends where it finds nothing."""
    with harness_site() as site:
        verdict = SCENARIOS[mutant](site, mutant)
    if not verdict.duplicate:
        sys.exit(f"the checker did not catch the mutant without {mutant}: {verdict.in_words()}")
    return [Figure(name=f"duplicates found of the mutant without {mutant}", measured=len(verdict.duplicate), unit="")]


def _figures(verdict: Verdict) -> list[Figure]:
    return [
        Figure(name="slots that had to run", measured=verdict.slots, unit=""),
        Figure(name="deliveries that had to arrive", measured=verdict.deliveries, unit=""),
        Figure(name="slots and deliveries lost", measured=len(verdict.lost), unit=""),
        Figure(name="duplicates outside the window", measured=len(verdict.duplicate), unit=""),
        Figure(name="half files", measured=len(verdict.half), unit=""),
        Figure(name="runs and deliveries without an end", measured=len(verdict.unfinished), unit=""),
        Figure(name="contradictions in the ledger", measured=len(verdict.ledger), unit=""),
        Figure(name="second arrivals inside the window, on record", measured=verdict.again, unit=""),
        Figure(name="deliveries given up after two unknown ends, on record", measured=verdict.given_up, unit=""),
        Figure(name="hidden files of writers that died", measured=verdict.left_over, unit=""),
    ]


def _end_if_wrong(verdict: Verdict, *, done: bool, logs: list[str]) -> None:
    if verdict.wrongs or logs or not done:
        sys.exit("\n".join([verdict.in_words(), "" if done else "It was not done in time.", *logs[:20]]))


def main() -> None:
    """Run what the arguments ask for; without any, all of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop killing after so long")
    parser.add_argument("--slots", type=int)
    parser.add_argument("--daemons", type=int, default=4)
    parser.add_argument("--letters", type=int)
    parser.add_argument("--mutant", choices=MUTANTS)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    is_all = all(one is None for one in (given.kills, given.slots, given.letters, given.mutant))
    figures = []
    if is_all or given.kills is not None:
        figures += kills(given.kills or KILLS, given.seed, within_s=given.minutes * 60)
    if given.slots is not None or is_all:
        figures += slots(given.slots or 10_000, given.daemons)
    if given.letters is not None or is_all:
        figures += letters(given.letters or LETTERS, given.seed)
    for mutant in MUTANTS if is_all else filter(None, [given.mutant]):
        figures += caught(mutant)
    print(table(figures))


if __name__ == "__main__":
    main()
