"""People at work in the builder: how long an interaction takes, what it costs, and what a session holds.

python -m bench.people_bench [--people 1,50,100] [--seconds 60] [--processes 1,2] [--sessions 1000]

Everybody has an account, a session and a report of their own, and does something every ten seconds (one person alone:
every second): another period, another order, a field in or out. Most answers have not been asked for before.
"""

import argparse
import asyncio
import itertools
import statistics
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.figures import Figure, table
from bench.people_page import Page, Took
from bench.people_screens import screens
from bench.people_site import Person, Site, Web, site

EVERY_S = 10.0
#: One person alone is watched closely: the figure is about waiting, not about load.
EVERY_ALONE_S = 1.0
LIMIT_OF_ONE_MS = 400
LIMIT_OF_MANY_MS = 2_000
SESSION_LIMIT_MB = 15
SCREEN_LIMIT_MS = 1_000
_AT_ONCE = 10
#: Streamlit keeps this many sessions that have gone, for people who come back: before, memory grows of itself.
_KEPT_SESSIONS = 160
#: A session that has left nothing behind: what the allocator keeps differs from run to run by more.
_LEFT_LIMIT_KB = 50


@dataclass(slots=True, kw_only=True)
class Worked:
    """What came of some people at work."""

    took: list[Took] = field(default_factory=list)
    opened_s: list[float] = field(default_factory=list)
    bytes: int = 0


async def one_person(cookie: str, web: Web, person: Person, worked: Worked, gates: "Gates") -> None:
    """Open the report, wait for everybody, then act until the time is over."""
    async with Page(web.port, cookie) as page:
        worked.opened_s.append((await page.open("builder", f"report={person.report_id}")).ended_s)
        await page.set("builder_period", bool_value=True)
        await gates.come()
        begun = page.drawn.bytes
        acts = _acts(page, gates.number)
        every_s = EVERY_S if gates.people > 1 else EVERY_ALONE_S
        due = time.monotonic() + gates.number * every_s / gates.people
        gates.number += 1
        while due < gates.until:
            await asyncio.sleep(due - time.monotonic())
            worked.took.append(await next(acts))
            due = max(due + every_s, time.monotonic())
        worked.bytes += page.drawn.bytes - begun
        await gates.go()


class Gates:
    """Everybody begins together and leaves together, so that what a session holds can be looked at in between."""

    def __init__(self, people: int, seconds: float) -> None:
        self.people = people
        self.number = 0
        self.until = float("inf")
        self.inside = asyncio.Barrier(people + 1)
        self.done = asyncio.Barrier(people + 1)
        self._seconds = seconds

    async def come(self) -> None:
        """Wait until everybody has opened their report."""
        await self.inside.wait()
        self.until = min(self.until, time.monotonic() + self._seconds)

    async def go(self) -> None:
        """Wait until everybody has done their work, and has been looked at."""
        await self.done.wait()
        await self.done.wait()


def _acts(page: Page, number: int) -> Iterator[Coroutine[Any, Any, Took]]:
    """What a person does, one after the other."""
    for turn in itertools.count():
        yield page.set("builder_window_n", double_value=3 + (number * 5 + turn) % 57)
        yield page.press("builder_direction_0")
        yield page.send("builder_fields", "move", {"do": "toggle", "what": "field:country"})


async def at_work(place: Site, count: int, seconds: float) -> list[Figure]:
    """So many people at once; what they waited for, and what it took."""
    people = place.add_people(count)
    webs = list(itertools.islice(itertools.cycle(place.webs), count))
    cookies = [await place.sign_in(person, web) for person, web in zip(people, webs, strict=True)]
    await _warm(place, people[0])
    empty = sum(web.megabytes() for web in place.webs)
    gates, worked = Gates(count, seconds), Worked()
    async with asyncio.TaskGroup() as group:
        for cookie, web, person in zip(cookies, webs, people, strict=True):
            group.create_task(one_person(cookie, web, person, worked, gates))
        await gates.inside.wait()
        before = _cpu(place)
        await gates.done.wait()
        spent = [after - earlier for after, earlier in zip(_cpu(place), before, strict=True)]
        held = sum(web.megabytes() for web in place.webs) - empty
        await gates.done.wait()
    return _work_figures(worked, count=count, processes=len(place.webs), spent=spent, held=held)


def _work_figures(worked: Worked, *, count: int, processes: int, spent: list[float], held: float) -> list[Figure]:
    acts = len(worked.took)
    waited = [took.updated_s if took.updated_s is not None else took.ended_s for took in worked.took]
    who = f"{count} {'person' if count == 1 else 'people'}, {processes} web process{'es' if processes > 1 else ''}: "
    limit = LIMIT_OF_ONE_MS if count == 1 else LIMIT_OF_MANY_MS
    return [
        Figure(name=f"{who}interactions", measured=acts, unit=""),
        Figure(name=f"{who}interaction to updated preview, p50", measured=_p(50, waited) * 1e3, unit="ms"),
        Figure(name=f"{who}interaction to updated preview, p95", measured=_p(95, waited) * 1e3, unit="ms", limit=limit),
        Figure(name=f"{who}the same to the script's end, p95", measured=_ended(worked) * 1e3, unit="ms"),
        Figure(name=f"{who}opening the report, median", measured=_p(50, worked.opened_s) * 1e3, unit="ms"),
        Figure(
            name=f"{who}processor time of the web processes an interaction", measured=spent[0] / acts * 1e3, unit="ms"
        ),
        Figure(name=f"{who}processor time of the database an interaction", measured=spent[1] / acts * 1e3, unit="ms"),
        Figure(name=f"{who}sent to the browser an interaction", measured=worked.bytes / acts / 1e3, unit="kB"),
        Figure(name=f"{who}memory a session", measured=held / count, unit="MB", limit=SESSION_LIMIT_MB),
    ]


def _ended(worked: Worked) -> float:
    return _p(95, [took.ended_s for took in worked.took])


def _p(percent: int, values: Sequence[float]) -> float:
    return values[0] if len(values) == 1 else statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _cpu(place: Site) -> list[float]:
    return [sum(web.cpu_s() for web in place.webs), place.database_cpu_s()]


async def _warm(place: Site, person: Person) -> None:
    """Every process has drawn the builder before anything is measured."""
    for web in place.webs:
        await one_visit(place, person, web)


async def one_visit(place: Site, person: Person, web: Web) -> None:
    """Sign in, open the report, change it, and be gone."""
    async with Page(web.port, await place.sign_in(person, web)) as page:
        await page.open("builder", f"report={person.report_id}")
        await page.press("builder_direction_0")


async def leak(place: Site, sessions: int) -> list[Figure]:
    """Open and close so many sessions; memory is compared from when Streamlit keeps as many as it ever does."""
    people = place.add_people(_AT_ONCE)
    visits = itertools.cycle(itertools.product(people, place.webs))

    async def come_and_go(count: int) -> None:
        for _ in range(-(-count // _AT_ONCE)):
            await asyncio.gather(*(one_visit(place, *next(visits)) for _ in range(_AT_ONCE)))

    await come_and_go(_KEPT_SESSIONS * len(place.webs))
    before = sum(web.megabytes() for web in place.webs)
    await come_and_go(sessions)
    grown = sum(web.megabytes() for web in place.webs) - before
    return [
        Figure(name=f"memory before {sessions:,} sessions", measured=before, unit="MB"),
        Figure(name=f"memory after {sessions:,} sessions", measured=before + grown, unit="MB"),
        Figure(name="left by a session", measured=grown / sessions * 1e3, unit="kB", limit=_LEFT_LIMIT_KB),
    ]


async def opened(place: Site) -> list[Figure]:
    """How long each screen takes that was opened before."""
    times = await screens(place)
    return [
        Figure(name=f"opening {name}", measured=taken * 1e3, unit="ms", limit=SCREEN_LIMIT_MS)
        for name, taken in times.items()
    ]


def measure(
    *, people: Sequence[int], seconds: float, processes: Sequence[int], sessions: int
) -> Iterator[list[Figure]]:
    """Yield the figures part by part; each number of web processes has an installation of its own."""
    for number in processes:
        with site(number) as place:
            for count in people:
                yield asyncio.run(at_work(place, count, seconds))
            if number == processes[0]:
                yield asyncio.run(opened(place))
                if sessions:
                    yield asyncio.run(leak(place, sessions))


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=_numbers, default=[1, 50, 100])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--processes", type=_numbers, default=[1, 2])
    parser.add_argument("--sessions", type=int, default=1000)
    asked = parser.parse_args()
    for part in measure(people=asked.people, seconds=asked.seconds, processes=asked.processes, sessions=asked.sessions):
        print(f"{table(part)}\n", flush=True)
