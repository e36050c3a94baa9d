"""Drafts: what people have changed in reports and not saved, so that a reload or a lost connection costs nothing."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from core.access.policy import require
from core.clock import Clock
from core.db import draft_repository
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.report_draft import ReportDraft

MOST_OFFERED = 5
_KEPT = timedelta(days=30)
_UNTOUCHED_KEPT = timedelta(days=1)


class ReportDraftService:
    """Keeps drafts; everyone sees their own and nobody else's."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def keep(self, principal: Principal, draft: ReportDraft) -> None:
        """Put a draft in the place of the one with its id."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            kept = replace(draft, updated_at=self._clock.now())
            draft_repository.keep_draft(session, principal.organization_id, principal.user_id, kept)

    def load(self, principal: Principal, draft_id: UUID) -> ReportDraft | None:
        """Return the person's draft with this id, which for a draft of a report is the report's; None without one."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            return draft_repository.load_draft(session, principal.user_id, draft_id)

    def unsaved(self, principal: Principal) -> tuple[ReportDraft, ...]:
        """Return the person's latest drafts of reports that were never saved; what nobody came back to is dropped."""
        require(principal, Permission.VIEW_REPORTS)
        now = self._clock.now()
        with self._database.organization(principal.organization_id) as session:
            draft_repository.forget_old(
                session, principal.user_id, before=now - _KEPT, untouched_before=now - _UNTOUCHED_KEPT
            )
            return draft_repository.list_unsaved(session, principal.user_id, limit=MOST_OFFERED)

    def forget(self, principal: Principal, draft_id: UUID) -> None:
        """Drop a draft, saved or thrown away."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            draft_repository.forget_draft(session, principal.user_id, draft_id)
