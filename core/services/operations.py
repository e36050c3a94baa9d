"""How the caller's organization is doing, or for those who look after it, the whole installation."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require
from core.clock import Clock
from core.db import operations_repository
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.operations import Daemon, Operations, Part, Scope, check_span
from core.services.health import DAEMON_SILENT_AFTER

#: Lines of each list.
MOST_LINES = 10
#: A daemon that said nothing for longer is no news any more.
_REMEMBERED = timedelta(hours=1)


class OperationsService:
    """Answers the Operations screen and `GET /api/operations`."""

    def __init__(self, database: Database, clock: Clock, *, workers: int) -> None:
        """`workers`: runs that one daemon works on at the same time."""
        self._database = database
        self._clock = clock
        self._workers = workers

    def get(
        self,
        principal: Principal,
        *,
        scope: Scope = Scope.ORGANIZATION,
        days: int = 7,
        parts: Collection[Part] = frozenset(Part),
    ) -> Operations:
        """Return what waits, works, fails, is slow, costs and is kept. Raises NotAllowed, InvalidInput."""
        organization_id = whose(principal, scope)
        now, span = self._clock.now(), check_span(days)
        found = Operations(scope=scope, at=now, days=span)
        with self._database.organization(principal.organization_id) as session:
            if Part.NOW in parts:
                found = self._now(session, found, principal, organization_id)
            if Part.REPORTS in parts:
                since = now - timedelta(days=span)
                slow, costly = operations_repository.load_reports(
                    session, organization_id, since=since, most=MOST_LINES
                )
                found = replace(found, slow=slow, costly=costly)
            if Part.FILES in parts:
                found = replace(found, stored=operations_repository.load_stored(session, organization_id))
        return found

    def _now(
        self, session: Session, found: Operations, principal: Principal, organization_id: UUID | None
    ) -> Operations:
        daemons = operations_repository.load_daemons(session, silent_before=found.at - DAEMON_SILENT_AFTER)
        recent = (daemon for daemon in daemons if daemon.seen_at >= found.at - _REMEMBERED)
        return replace(
            found,
            queue=operations_repository.load_queue(session, organization_id),
            workers=self._workers * sum(not daemon.is_silent for daemon in daemons),
            daemons=tuple(_told(daemon, principal) for daemon in recent),
            failing=operations_repository.load_failing(session, organization_id, most=MOST_LINES),
        )


def whose(principal: Principal, scope: Scope) -> UUID | None:
    """Return the organization that is asked about; None: all of them. Raises NotAllowed."""
    if scope is Scope.INSTALLATION:
        require(principal, Permission.MANAGE_INSTALLATION)
        return None
    require(principal, Permission.MANAGE_MEMBERS)
    return principal.organization_id


def _told(daemon: Daemon, principal: Principal) -> Daemon:
    """Machines are the installation's own business."""
    if principal.may(Permission.MANAGE_INSTALLATION):
        return daemon
    return replace(daemon, host="", process_id=None)
