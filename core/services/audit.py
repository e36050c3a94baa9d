"""The audit as people use it: looking for what was done, taking it along as CSV, and seeing that its chain holds."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.access.policy import require
from core.db import audit_checking, audit_linking, audit_reading
from core.db.audit_repository import note
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.audit_chain import ChainState
from core.domain.audit_reading import AuditEntry, AuditFilter, AuditPart
from core.domain.text import check_text
from core.errors import InvalidInput

EVERYTHING = AuditFilter()
MOST_AT_ONCE = 200
_MAX_SEARCH = 200
_CSV_HEAD = (
    *("at", "actor", "actor_id", "action", "kind", "object_name", "object_id"),
    *("before", "after", "event_id", "position", "sha256"),
)
#: Rows to a piece of the stream.
_CSV_ROWS = 500
#: A spreadsheet would take what begins with these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainEnd:
    """How long a chain is, without walking it."""

    position: int
    sha256: str | None
    linked_at: datetime | None
    waiting: int  #: events that wait for their link


class AuditService:
    """Reads the audit."""

    def __init__(self, database: Database, *, key: str) -> None:
        """`key` is what the ends of the chains are sealed with."""
        self._database = database
        self._key = key

    def list(
        self, principal: Principal, wanted: AuditFilter = EVERYTHING, *, limit: int = 50, cursor: str | None = None
    ) -> AuditPart:
        """Return events, the newest first, older than `cursor`; raises InvalidInput with the place."""
        require(principal, Permission.VIEW_AUDIT)
        _check(wanted)
        if not 1 <= limit <= MOST_AT_ONCE:
            raise InvalidInput(f"A part has 1 to {MOST_AT_ONCE} events.", place="limit")
        with self._database.organization(principal.organization_id) as session:
            return audit_reading.list_events(session, principal.organization_id, wanted, limit=limit, cursor=cursor)

    def get(self, principal: Principal, event_id: UUID) -> AuditEntry:
        """Return one event; raises NotFound."""
        require(principal, Permission.VIEW_AUDIT)
        with self._database.organization(principal.organization_id) as session:
            return audit_reading.load_event(session, principal.organization_id, event_id)

    def actions(self, principal: Principal) -> tuple[str, ...]:
        """Return the actions that there are events of."""
        require(principal, Permission.VIEW_AUDIT)
        with self._database.organization(principal.organization_id) as session:
            return audit_reading.list_actions(session, principal.organization_id)

    def end(self, principal: Principal) -> ChainEnd:
        """Return how long the chain is."""
        require(principal, Permission.VIEW_AUDIT)
        with self._database.organization(principal.organization_id) as session:
            head = audit_linking.load_head(session, principal.organization_id)
            return ChainEnd(
                position=0 if head is None else head.position,
                sha256=None if head is None else head.sha256,
                linked_at=None if head is None else head.linked_at,
                waiting=audit_reading.count_waiting(session, principal.organization_id),
            )

    def check(self, principal: Principal) -> ChainState:
        """Walk the chain of the organization and say whether it holds."""
        require(principal, Permission.VIEW_AUDIT)
        organization_id = principal.organization_id
        with self._database.organization(organization_id) as session:
            return audit_checking.check_chain(session, organization_id, principal.organization, key=self._key)

    def csv(self, principal: Principal, wanted: AuditFilter = EVERYTHING) -> Iterator[bytes]:
        """Return events as CSV, piece by piece; that they were taken along is an event itself."""
        require(principal, Permission.VIEW_AUDIT)
        _check(wanted)
        with self._database.organization(principal.organization_id) as session:
            note(session, principal, "audit.exported", after=_told(wanted))
        return self._csv(principal.organization_id, wanted)

    def _csv(self, organization_id: UUID, wanted: AuditFilter) -> Iterator[bytes]:
        """A transaction to a piece: a reader that is slow keeps nothing open."""
        yield _csv_lines([_CSV_HEAD])
        cursor: str | None = None
        while True:
            with self._database.organization(organization_id) as session:
                part = audit_reading.list_events(session, organization_id, wanted, limit=_CSV_ROWS, cursor=cursor)
            yield _csv_lines([_csv_row(entry) for entry in part.items])
            cursor = part.cursor
            if cursor is None:
                return


def check_all(database: Database, *, key: str, organization: str | None = None) -> tuple[ChainState, ...]:
    """Walk every chain, or the one of the organization named so; raises InvalidInput where there is none."""
    with database.installation() as session:
        known = audit_checking.organizations(session)
    wanted = [one for one in known if organization in (None, one[1], str(one[0]))]
    if not wanted:
        raise InvalidInput(f"There is no organization called {organization}.", place="organization")
    states = []
    for organization_id, name in wanted:
        with database.organization(organization_id) as session:
            states.append(audit_checking.check_chain(session, organization_id, name or str(organization_id), key=key))
    return tuple(states)


def _check(wanted: AuditFilter) -> None:
    for place in ("person", "named", "action", "kind"):
        check_text(getattr(wanted, place), place=place, max_length=_MAX_SEARCH)


def _told(wanted: AuditFilter) -> dict[str, str]:
    given = {name: getattr(wanted, name) for name in AuditFilter.__dataclass_fields__}
    return {name: str(value) for name, value in given.items() if value}


def _csv_row(entry: AuditEntry) -> list[str]:
    return [
        entry.at.isoformat(),
        _guarded(entry.actor),
        str(entry.actor_id or ""),
        entry.action,
        entry.kind,
        _guarded(entry.object_name),
        str(entry.object_id or ""),
        "" if entry.before is None else json.dumps(entry.before, ensure_ascii=False),
        "" if entry.after is None else json.dumps(entry.after, ensure_ascii=False),
        str(entry.id),
        str(entry.position or ""),
        entry.sha256 or "",
    ]


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv_lines(rows: Sequence[Sequence[str]]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()
