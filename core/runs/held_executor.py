"""The executor of runs, which brings no more rows than the organization of a dataset may have in one."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.result import Result
from core.logs import step
from core.query.executor import QueryExecutor


class HeldExecutor(QueryExecutor):
    """Asks about the number of rows, which a result tells before its first one is read: of reports, tiles, bursts."""

    def __init__(self, *args: Any, hold_rows: Callable[[UUID, int], None], **others: Any) -> None:
        """`hold_rows` raises where an organization may not have so many."""
        super().__init__(*args, **others)
        self._hold_rows = hold_rows

    def run(
        self, definition: ReportDefinition, dataset: Dataset, *args: Any, **asked: Any
    ) -> AbstractContextManager[Result]:
        """As the executor's, within the limit. Raises QuotaReached."""
        return self._held(super().run(definition, dataset, *args, **asked), dataset.organization_id)

    @contextmanager
    def _held(self, running: AbstractContextManager[Result], organization_id: UUID) -> Iterator[Result]:
        with step("query"), running as result:
            self._hold_rows(organization_id, result.head.rows_delivered)
            yield result
