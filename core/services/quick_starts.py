"""Quick starts: the first questions that a dataset offers, those most like what people ask of it first."""

from collections import Counter
from uuid import UUID

from core.access.policy import require
from core.db import usage_repository
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.field_roles import Roles, roles_of
from core.domain.quick_start import QuickStart
from core.services.catalog import CatalogService
from core.services.first_questions import quick_questions
from core.services.ready_reports import ready_reports


class QuickStartService:
    """Offers first questions."""

    def __init__(self, database: Database, catalog: CatalogService, *, row_limit_default: int) -> None:
        self._database = database
        self._catalog = catalog
        self._row_limit_default = row_limit_default

    def datasets(self, principal: Principal) -> tuple[Dataset, ...]:
        """Return the datasets this person may ask, those with the most reports first."""
        found = self._catalog.datasets(principal)
        with self._database.person(principal) as session:
            counts = usage_repository.report_counts(session)
        return tuple(sorted(found, key=lambda dataset: -counts.get(dataset.id, 0)))

    def of_dataset(self, principal: Principal, dataset_id: UUID) -> tuple[QuickStart, ...]:
        """Return the quick starts of a dataset, then the ready-made reports that suit it; raises NotFound, NotAllowed.

        Fields that the organization's reports on the dataset use most come first.
        """
        require(principal, Permission.VIEW_REPORTS)
        dataset = self._catalog.dataset(principal, dataset_id)
        with self._database.person(principal) as session:
            found = usage_repository.reports_on(session, dataset_id)
        roles = roles_of(dataset, Counter(name for one in found for name in _names(one.definition)))
        return starts_of(dataset, roles, timezone=principal.timezone, row_limit=self._row_limit_default)


def starts_of(dataset: Dataset, roles: Roles, *, timezone: str, row_limit: int) -> tuple[QuickStart, ...]:
    """Return every first question that a dataset's fields allow; there is always one."""
    blank = ReportDefinition(dataset_id=dataset.id, limit=row_limit, timezone=timezone)
    return (*quick_questions(blank, roles, dataset), *ready_reports(blank, roles, dataset))


def _names(definition: ReportDefinition) -> set[str]:
    named = [name for m in (*definition.measures, *definition.kpis) for name in (m.field, m.dataset_measure)]
    return {name for name in (*named, *(g.field for g in definition.groupings)) if name}
