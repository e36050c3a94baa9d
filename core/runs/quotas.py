"""Holds what is done to the limits of its organization: each says what it is, how much is used, when to try again."""

import math
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import quota_repository
from core.db.database import Database
from core.domain.access import Principal
from core.domain.audit import INSTALLATION
from core.domain.quota import LEAST, Limits, Quota, Rate, RateReached
from core.errors import QuotaReached, TooManyRequests

_MINUTE = timedelta(minutes=1)
_ASK = "Ask whoever runs this installation for more."


class Quotas:
    """The limits of every organization, over those of the installation."""

    def __init__(self, database: Database, clock: Clock, *, defaults: Limits) -> None:
        """`defaults`: what holds where an organization has no limit of its own."""
        self._database = database
        self._clock = clock
        self._defaults = dict(defaults)

    @property
    def defaults(self) -> Limits:
        """The limits of the installation."""
        return self._defaults

    def publish(self) -> None:
        """Let the database know the installation's limits, for what it holds to by itself."""
        with self._database.organization(INSTALLATION) as session:
            if quota_repository.load_own(session, INSTALLATION) != self._defaults:
                quota_repository.put_own(session, INSTALLATION, self._defaults)

    def limits(self, session: Session, organization_id: UUID) -> dict[Quota, int | None]:
        """Return what holds for an organization; `session` sees it."""
        return self._defaults | quota_repository.load_own(session, organization_id)

    def hold_schedule(self, session: Session, principal: Principal) -> None:
        """Raise QuotaReached where one schedule more is too many; nobody else makes one before the transaction ends."""
        limits = self.limits(session, principal.organization_id)
        all_of_them, own = limits[Quota.SCHEDULES], limits[Quota.SCHEDULES_PER_PERSON]
        if all_of_them is None and own is None:
            return
        quota_repository.lock(session, principal.organization_id)
        used = quota_repository.load_usage(session, principal.user_id, now=self._clock.now())
        if all_of_them is not None and used.schedules >= all_of_them:
            raise QuotaReached(
                f"Your organization has {used.schedules:,} schedules; it may have {all_of_them:,}. "
                f"Delete one that is not needed any more. {_ASK}"
            )
        if own is not None and used.own_schedules >= own:
            raise QuotaReached(
                f"You have {used.own_schedules:,} schedules; one person may have {own:,}. "
                f"Delete one that is not needed any more. {_ASK}"
            )

    def hold_start(self, session: Session, principal: Principal) -> None:
        """Raise TooManyRequests or QuotaReached where no run may be started by hand now."""
        limits = self.limits(session, principal.organization_id)
        rate, storage = limits[Quota.STARTS_PER_MINUTE], limits[Quota.STORAGE_BYTES]
        if rate is None and storage is None:
            return
        quota_repository.lock(session, principal.organization_id)
        now = self._clock.now()
        used = quota_repository.load_usage(session, principal.user_id, now=now)
        if rate is not None and used.starts >= rate:
            wait_s = _seconds((used.first_start or now) + _MINUTE - now)
            raise TooManyRequests(
                f"{used.starts:,} reports were started by hand in the last minute; your organization may start "
                f"{rate:,}. Try again in {wait_s} s.",
                retry_after_s=wait_s,
            )
        if storage is not None and used.stored_bytes >= storage:
            raise QuotaReached(
                f"Your organization keeps {_size(used.stored_bytes)} of files; it may keep {_size(storage)}. "
                f"There is room again once older files were removed. {_ASK}"
            )

    def hold_rows(self, organization_id: UUID, rows: int) -> None:
        """Raise QuotaReached where a run brings more rows than it may; asked before the first one is read."""
        if rows <= LEAST[Quota.ROWS_PER_RUN]:
            return
        with self._database.organization(organization_id) as session:
            most = self.limits(session, organization_id)[Quota.ROWS_PER_RUN]
        if most is not None and rows > most:
            raise QuotaReached(
                f"This report has {rows:,} rows; one run may bring {most:,}. Add a filter, or give it a row limit."
            )

    def take_request(self, principal: Principal) -> Rate | None:
        """Count a request to the API and return what is left, None without a limit; raises RateReached at its end."""
        with self._database.organization(principal.organization_id) as session:
            most = self.limits(session, principal.organization_id)[Quota.REQUESTS_PER_MINUTE]
            if most is None:
                return None
            now = self._clock.now()
            used = quota_repository.count_request(
                session, principal.organization_id, principal.user_id, most=most, now=now
            )
        wait_s = _seconds(now.replace(second=0, microsecond=0) + _MINUTE - now)
        rate = Rate(most=most, left=0 if used is None else most - used, resets_in_s=wait_s)
        if used is None:
            raise RateReached(rate)
        return rate

    def usage(self, session: Session, user_id: UUID) -> quota_repository.Usage:
        """Return what counts against the limits."""
        return quota_repository.load_usage(session, user_id, now=self._clock.now())


def _seconds(left: timedelta) -> int:
    return max(1, math.ceil(left.total_seconds()))


def _size(size_bytes: int) -> str:
    size, unit = float(size_bytes), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:,.0f} {unit}" if unit in ("B", "kB") else f"{size:,.1f} {unit}"
