"""Alerts to administrators: the watch that finds what they have to look after, and the thresholds they set.

The daemon watches. Where none lives the web processes do, and write the mails: otherwise nobody would hear of it.
"""

import logging
import shutil
import threading
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import member_repository, operations_repository, owner_notice_repository
from core.db.audit_repository import record
from core.db.database import Database, name_organization
from core.db.owner_notice_repository import News
from core.domain.access import Principal
from core.domain.audit import INSTALLATION, AuditEvent
from core.domain.notice import NoticeKind
from core.domain.operations import Scope
from core.domain.operations_alerts import (
    OF_INSTALLATION,
    OF_ORGANIZATION,
    AlertKind,
    Alerts,
    Incident,
    Limits,
    Reading,
    Standing,
    Threshold,
    backlog_of,
    check_limit,
    defaults_of,
    disk_of,
    minutes_words,
    readings_of,
    silence_of,
)
from core.errors import DatabaseUnavailable
from core.runs.notices import OwnerNotices
from core.services.health import DAEMON_SILENT_AFTER
from core.services.operations import whose

logger = logging.getLogger(__name__)

#: Seconds between two looks.
LOOK_S = 60.0
_WINDOW = timedelta(hours=1)
_MOST_INCIDENTS = 20
_THIS_INSTALLATION = "This installation"


class AlertService:
    """Shows thresholds and what was told, and lets administrators set thresholds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, principal: Principal, *, scope: Scope = Scope.ORGANIZATION) -> Alerts:
        """Return the thresholds and the newest alerts. Raises NotAllowed."""
        owner_id = whose(principal, scope) or INSTALLATION
        with self._database.organization(INSTALLATION) as session:
            general = operations_repository.load_limits(session, INSTALLATION)
            name_organization(session, owner_id)
            own = operations_repository.load_limits(session, owner_id)
            incidents = operations_repository.load_incidents(session, owner_id, most=_MOST_INCIDENTS)
        kinds = _kinds(owner_id)
        limits = {**defaults_of(kinds), **general, **own}
        thresholds = tuple(Threshold(kind=kind, limit=limits[kind], is_own=kind in own) for kind in kinds)
        return Alerts(thresholds=thresholds, incidents=incidents)

    def set(
        self,
        principal: Principal,
        changes: Limits,
        *,
        unset: frozenset[AlertKind] = frozenset(),
        scope: Scope = Scope.ORGANIZATION,
    ) -> None:
        """Set thresholds; those of `unset` are as for everybody again. Raises InvalidInput with the place."""
        owner_id = whose(principal, scope) or INSTALLATION
        kinds = _kinds(owner_id)
        checked = {kind: check_limit(kind, value, kinds=kinds) for kind, value in changes.items()}
        with self._database.organization(owner_id) as session:
            operations_repository.lock_limits(session, owner_id)
            before = operations_repository.load_limits(session, owner_id)
            after = {kind: value for kind, value in (before | checked).items() if kind not in unset}
            operations_repository.put_limits(session, owner_id, after)
            event = AuditEvent.change(
                principal,
                "alerts.changed",
                before=_told(before),
                after=_told(after),
                object_id=owner_id,
                name=_THIS_INSTALLATION if owner_id == INSTALLATION else principal.organization,
            )
            record(session, owner_id, event)


class AlertWatch:
    """Looks whether administrators have to be told. Any number of processes may do so at the same time."""

    def __init__(self, database: Database, clock: Clock, *, notices: OwnerNotices, data_dir: Path) -> None:
        self._database = database
        self._clock = clock
        self._notices = notices
        self._data_dir = data_dir
        self._silent_since: datetime | None = None

    def look(self) -> frozenset[UUID]:
        """Note what began and what is over; returns the organizations in which somebody waits for a mail."""
        now = self._clock.now()
        with self._database.installation() as session:
            standings = operations_repository.load_standing(session, since=now - _WINDOW)
            heard_at = operations_repository.last_heartbeat(session)
        general = next(one.limits for one in standings if one.organization_id == INSTALLATION)
        told: set[UUID] = set()
        for standing in standings:
            is_all = standing.organization_id == INSTALLATION
            readings = self._of_installation(standing, heard_at, now) if is_all else readings_of(standing, now)
            limits = {**defaults_of(tuple(one.kind for one in readings)), **general, **standing.limits}
            for reading in readings:
                told |= self._compare(standing, reading, limits[reading.kind], now)
        return frozenset(told)

    def stand_in(self) -> int:
        """Look, and write the mails, where no daemon lives to do so; returns how many mails were sent.

        The first time it is only remembered: on a machine that woke a daemon may be about to say that it lives.
        """
        with self._database.installation() as session:
            heard_at = operations_repository.last_heartbeat(session)
        if heard_at is not None and self._clock.now() - heard_at <= DAEMON_SILENT_AFTER:
            self._silent_since = None
            return 0
        if self._silent_since is None:
            self._silent_since = self._clock.now()
            return 0
        return sum(self._notices.tell(organization_id) for organization_id in self.look())

    def _of_installation(self, standing: Standing, heard_at: datetime | None, now: datetime) -> tuple[Reading, ...]:
        """A daemon that said goodbye left no trace: then silence counts from when it was noticed."""
        since = heard_at or self._silent_since or now
        silence = max(now - since, timedelta(0))
        return silence_of(silence), backlog_of(standing, now), disk_of(*self._of_disk())

    def _of_disk(self) -> tuple[int, int]:
        """As `df` counts: what is kept back for root is no room."""
        disk = shutil.disk_usage(self._data_dir)
        return disk.used, disk.used + disk.free

    def _compare(self, standing: Standing, reading: Reading, limit: int | None, now: datetime) -> set[UUID]:
        is_open = reading.kind in standing.open_kinds
        if not is_open and not reading.begins(limit):
            return set()
        if is_open and not reading.is_over(limit):
            return set()
        with self._database.organization(standing.organization_id) as session:
            news = _ended(session, standing, reading.kind, now) if is_open else _began(session, standing, reading, now)
            return _tell(session, standing, *news, at=now) if news else set()


def keep_standing_in(watch: AlertWatch, stopping: threading.Event) -> None:
    """Look in the daemons' place once a minute until `stopping`; what fails is logged, and looked at again."""
    while not stopping.wait(LOOK_S):
        try:
            watch.stand_in()
        except DatabaseUnavailable:
            logger.warning("alerts_not_looked_at database=away")
        except Exception:
            logger.exception("alerts_not_looked_at")


def _began(
    session: Session, standing: Standing, reading: Reading, now: datetime
) -> tuple[NoticeKind, UUID, str] | None:
    incident_id = operations_repository.open_incident(
        session, standing.organization_id, reading.kind, reading.words, at=now
    )
    if incident_id is None:
        return None
    logger.warning("alert_began organization=%s kind=%s", standing.organization_id, reading.kind)
    return NoticeKind.ALERT, incident_id, reading.words


def _ended(session: Session, standing: Standing, kind: AlertKind, now: datetime) -> tuple[NoticeKind, UUID, str] | None:
    closed = operations_repository.close_incident(session, standing.organization_id, kind, at=now)
    if closed is None:
        return None
    logger.info("alert_over organization=%s kind=%s", standing.organization_id, kind)
    return NoticeKind.ALERT_OVER, closed.id, _over_words(closed, now)


def _over_words(incident: Incident, now: datetime) -> str:
    return f"It is over after {minutes_words(now - incident.opened_at)}. It had begun with: {incident.found}"


def _tell(
    session: Session, standing: Standing, kind: NoticeKind, incident_id: UUID, reason: str, *, at: datetime
) -> set[UUID]:
    """Note the news for each administrator, in the transaction that notes the incident."""
    about = standing.organization or _THIS_INSTALLATION
    people = _administrators(session, standing.organization_id)
    for user_id, organization_id in people:
        news = News(user_id=user_id, kind=kind, key=f"{kind}:{incident_id}", about=about, reason=reason)
        name_organization(session, organization_id)
        owner_notice_repository.insert_news(session, organization_id, [news], at=at)
    return {organization_id for _, organization_id in people}


def _administrators(session: Session, organization_id: UUID) -> tuple[tuple[UUID, UUID], ...]:
    if organization_id == INSTALLATION:
        return operations_repository.installation_administrators(session)
    found = member_repository.administrators(session, organization_id)
    return tuple((user_id, organization_id) for user_id in found)


def _kinds(owner_id: UUID) -> tuple[AlertKind, ...]:
    return OF_INSTALLATION if owner_id == INSTALLATION else OF_ORGANIZATION


def _told(limits: Limits) -> dict[str, int | str]:
    return {str(kind): "never" if value is None else value for kind, value in limits.items()}
