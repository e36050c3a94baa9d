"""The start screen: what is a person's own, what arrived, what failed, what runs next, and the first-run tour."""

from dataclasses import dataclass
from datetime import timedelta

from core.access.policy import require
from core.clock import Clock
from core.db import home_repository, library_repository, schedule_repository
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.library import HomeRun, ReportFilter, ReportLine
from core.domain.schedule import Schedule

_ARRIVED_WITHIN = timedelta(days=14)
_FAILED_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the start screen shows."""

    favourites: tuple[ReportLine, ...]
    mine: tuple[ReportLine, ...]
    arrived: tuple[HomeRun, ...]
    failed: tuple[HomeRun, ...]
    next_runs: tuple[Schedule, ...]
    reports: int  #: all that the person may see
    is_tour_done: bool


class HomeService:
    """Reads the start screen."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def load(self, principal: Principal, *, limit: int = 6) -> Home:
        """Return up to `limit` of everything."""
        require(principal, Permission.VIEW_REPORTS)
        now, me = self._clock.now(), principal.user_id
        with self._database.person(principal) as session:
            favourites = library_repository.list_lines(
                session, ReportFilter(is_favourite=True), user_id=me, page=1, limit=limit
            )
            mine = library_repository.list_lines(session, ReportFilter(owner_id=me), user_id=me, page=1, limit=limit)
            everything = library_repository.list_lines(session, ReportFilter(), user_id=me, page=1, limit=1)
            upcoming = schedule_repository.list_schedules(session, report_id=None, is_active=True, page=1, limit=limit)
            return Home(
                favourites=favourites.items,
                mine=tuple(line for line in mine.items if not line.is_favourite),
                arrived=home_repository.arrived(session, principal, since=now - _ARRIVED_WITHIN, limit=limit),
                failed=home_repository.failed(session, principal, since=now - _FAILED_WITHIN, limit=limit),
                next_runs=tuple(one for one in upcoming.items if one.next_run_at is not None),
                reports=everything.total,
                is_tour_done=home_repository.is_tour_done(session, principal),
            )

    def put_tour_away(self, principal: Principal) -> None:
        """Never show the tour to this person again."""
        with self._database.person(principal) as session:
            home_repository.set_tour_done(session, principal, self._clock.now())

    def bring_tour_back(self, principal: Principal) -> None:
        """Show the tour once more."""
        with self._database.person(principal) as session:
            home_repository.set_tour_done(session, principal, None)
