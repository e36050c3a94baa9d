"""Compares datasets with their sources by itself, so that a missing field is known before its report is due."""

import logging
from datetime import timedelta
from uuid import UUID

from core.catalog.drift import Eyes, find_drift
from core.clock import Clock
from core.db import dataset_repository, notice_repository, source_repository
from core.db.database import Database
from core.errors import BroadsheetError, DatabaseUnavailable
from core.query.relation import columns_after
from core.query.samples import SAMPLE_DEADLINE_S, describe_sql
from core.runs.missing_fields import settle_drift
from core.services.connections import Connections

logger = logging.getLogger(__name__)

#: How long a look at a dataset holds.
EVERY = timedelta(days=1)
#: Datasets looked at in one go, so that a tick ends.
_AT_ONCE = 20


class CatalogWatch:
    """Looks at datasets that reports stand on, each once a day."""

    def __init__(self, database: Database, connections: Connections, clock: Clock) -> None:
        self._database = database
        self._connections = connections
        self._clock = clock

    def check(self) -> int:
        """Look at those whose turn it is; returns how many there were. A source that is away is looked at tomorrow."""
        with self._database.installation() as session:
            due = notice_repository.datasets_to_check(session, self._clock.now() - EVERY, limit=_AT_ONCE)
        for dataset_id, organization_id in due:
            try:
                self._check(dataset_id, organization_id)
            except DatabaseUnavailable:
                raise
            except BroadsheetError as error:
                logger.info("dataset_not_checked dataset=%s code=%s", dataset_id, error.code)
        return len(due)

    def _check(self, dataset_id: UUID, organization_id: UUID) -> None:
        with self._database.organization(organization_id) as session:
            dataset = dataset_repository.load_one_dataset(session, dataset_id)
            source = source_repository.load_source(session, dataset.source_id)
            dataset_repository.mark_checked(session, dataset_id, self._clock.now())
        connector = self._connections.open(source)
        eyes = Eyes(
            connector=connector,
            describe_sql=lambda sql: describe_sql(connector, sql, deadline_s=SAMPLE_DEADLINE_S),
            columns_after=columns_after,
        )
        drift = find_drift(dataset, eyes)
        with self._database.organization(organization_id) as session:
            settle_drift(session, dataset, drift, at=self._clock.now())
