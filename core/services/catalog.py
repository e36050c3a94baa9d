"""The datasets a principal may see and the values in their fields."""

from uuid import UUID

from core.access.policy import require
from core.db import catalog_repository
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset, Source
from core.domain.filter import Scalar
from core.query.executor import QueryExecutor


class CatalogService:
    """Reads the catalog."""

    def __init__(self, database: Database, executor: QueryExecutor) -> None:
        self._database = database
        self._executor = executor

    def datasets(self, principal: Principal) -> tuple[Dataset, ...]:
        """Return every dataset of the organization by label."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            return catalog_repository.list_datasets(session)

    def dataset(self, principal: Principal, dataset_id: UUID) -> Dataset:
        """Return one dataset; raises NotFound."""
        return self.dataset_and_source(principal, dataset_id)[0]

    def dataset_and_source(self, principal: Principal, dataset_id: UUID) -> tuple[Dataset, Source]:
        """Return a dataset and the source it lives in; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            dataset = catalog_repository.load_one_dataset(session, dataset_id)
            return dataset, catalog_repository.load_source(session, dataset.source_id)

    def field_values(
        self, principal: Principal, dataset_id: UUID, field: str, *, search: str = "", limit: int = 50
    ) -> tuple[tuple[Scalar | None, int], ...]:
        """Return the most frequent values of a field that hold `search`, each with its number of rows."""
        dataset, source = self.dataset_and_source(principal, dataset_id)
        return self._executor.values(dataset, source, field, search=search, limit=limit)
