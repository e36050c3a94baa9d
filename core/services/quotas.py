"""Limits as administrators see and set them, with what is used of each."""

from core.access.policy import require
from core.db import quota_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.db.quota_repository import Usage
from core.domain.access import Permission, Principal
from core.domain.quota import Limits, Quota, QuotaUse, Rate, check_limit
from core.runs.quotas import Quotas


class QuotaService:
    """Shows an organization's limits to those who manage it, and lets the installation's administrators set them."""

    def __init__(self, database: Database, quotas: Quotas) -> None:
        self._database = database
        self._quotas = quotas

    def get(self, principal: Principal) -> tuple[QuotaUse, ...]:
        """Return every limit of the caller's organization with what is used of it; what counts a person counts them."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            own = quota_repository.load_own(session, principal.organization_id)
            limits = {**self._quotas.defaults, **own}
            used = self._quotas.usage(session, principal.user_id)
        return tuple(
            QuotaUse(quota=quota, limit=limits[quota], used=_used(quota, used), is_own=quota in own) for quota in Quota
        )

    def set(self, principal: Principal, changes: Limits, *, unset: frozenset[Quota] = frozenset()) -> None:
        """Set limits of the caller's organization; those of `unset` follow the installation again.

        Raises InvalidInput with the place.
        """
        require(principal, Permission.MANAGE_INSTALLATION)
        checked = {quota: check_limit(quota, value) for quota, value in changes.items()}
        organization_id = principal.organization_id
        with self._database.organization(organization_id) as session:
            quota_repository.lock(session, organization_id)
            before = quota_repository.load_own(session, organization_id)
            after = {quota: value for quota, value in (before | checked).items() if quota not in unset}
            quota_repository.put_own(session, organization_id, after)
            note(
                session,
                principal,
                "limit.changed",
                before=_told(before),
                after=_told(after),
                object_id=organization_id,
                name=principal.organization,
            )

    def take_request(self, principal: Principal) -> Rate | None:
        """Count a request to the API and return what is left, None without a limit; raises RateReached at its end."""
        return self._quotas.take_request(principal)


def _told(limits: Limits) -> dict[str, int | None]:
    return {str(quota): value for quota, value in limits.items()}


def _used(quota: Quota, used: Usage) -> int | None:
    counted: dict[Quota, int] = {
        Quota.SCHEDULES: used.schedules,
        Quota.SCHEDULES_PER_PERSON: used.own_schedules,
        Quota.STARTS_PER_MINUTE: used.starts,
        Quota.RUNS_AT_ONCE: used.running,
        Quota.STORAGE_BYTES: used.stored_bytes,
        Quota.REQUESTS_PER_MINUTE: used.requests,
    }
    return counted.get(quota)
