"""The kill harness in short: a hundred kills, four daemons side by side, and two mutants that have to be caught."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core.runs import failpoints
from tests.harness.bursts import Letters
from tests.harness.chaos import Chaos
from tests.harness.checker import broken, check
from tests.harness.mutants import MUTANTS
from tests.harness.orders import Orders
from tests.harness.scenarios import SCENARIOS
from tests.harness.site import Site, harness_site, wait_until

KILLS = 100
SLOTS = 200
DAEMONS = 4
LETTERS = 40
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def installation() -> Iterator[Site]:
    with harness_site() as site:
        yield site


@pytest.fixture
def site(installation: Site) -> Site:
    installation.clear()
    return installation


@pytest.mark.timeout(600)
def test_a_hundred_kills_lose_nothing_and_send_nothing_twice(site: Site) -> None:
    orders = Orders(site=site)
    chaos = Chaos(site=site, orders=orders, seed=20261123)
    chaos.kill(KILLS)
    assert chaos.recover(PATIENCE_S), "healthy daemons finish what is left"
    verdict = check(site, orders)
    assert not verdict.wrongs, verdict.in_words()
    assert chaos.kills >= KILLS
    assert verdict.slots > KILLS
    assert not broken(daemon.log for daemon in site.daemons)


@pytest.mark.timeout(300)
def test_daemons_side_by_side_do_every_slot_once(site: Site) -> None:
    orders = Orders(site=site)
    orders.add_many(SLOTS, due_at=datetime.now(UTC).replace(second=0, microsecond=0))
    for _ in range(DAEMONS):
        site.start()
    done = wait_until(lambda: bool(site.rows("SELECT 1 FROM runs LIMIT 1")) and orders.are_done(), PATIENCE_S)
    orders.end()
    site.end_daemons()
    verdict = check(site, orders)
    assert done, verdict.in_words()
    assert not verdict.wrongs, verdict.in_words()
    assert (verdict.slots, verdict.deliveries) == (SLOTS, SLOTS)
    assert all(daemon.says("run_claimed") for daemon in site.daemons), "each had a share"


@pytest.mark.timeout(300)
def test_a_run_to_many_whose_daemons_die_on_the_way_writes_to_each_once(site: Site) -> None:
    letters = Letters(site=site, count=LETTERS)
    letters.order()
    letters.die_after(LETTERS // 4, PATIENCE_S)
    assert letters.die_at(failpoints.ACCEPTED, PATIENCE_S), "the server said yes, and nobody wrote that down"
    assert letters.finish(PATIENCE_S), letters.states()
    assert letters.wrongs() == []
    assert letters.states()["held"] >= 1, "what nobody can know is said, and a person decides"
    assert not broken(daemon.log for daemon in site.daemons)


@pytest.mark.parametrize("name", MUTANTS)
def test_what_the_mutant_lacks_keeps_the_product_right(site: Site, name: str) -> None:
    verdict = SCENARIOS[name](site, None)
    assert not verdict.wrongs, verdict.in_words()


@pytest.mark.parametrize("name", MUTANTS)
def test_the_checker_catches_the_mutant(site: Site, name: str) -> None:
    verdict = SCENARIOS[name](site, name)
    assert verdict.duplicate, verdict.in_words()
