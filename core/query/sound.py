"""What goes wrong between a dataset and its source since it was saved is said by name, and never counted wrongly.

Fields that are gone, and joins that meet more rows than they say: one more, and figures would count twice.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from cachetools import TTLCache

from core.catalog.sources.connector import Connector, Snapshot
from core.catalog.usage import fields_used
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.relation import Join
from core.errors import InvalidDataset
from core.query.missing_fields import missing_fields_named
from core.query.relation.join_keys import check_join_keys
from core.query.relation.joins import needed_joins

#: For how long keys that were looked at count as good. Data changes; a question a minute about the same is enough.
TRUSTED_S = 600.0
#: Nobody waits longer for it: larger tables are taken at their word, as when the dataset was saved.
BUDGET_S = 2.0
_DEADLINE_S = 30.0
_MOST = 1000


class JoinTrust:
    """Which joins were found to meet the rows that they say, for a while. Safe to share between threads."""

    def __init__(self, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._good: TTLCache[tuple[Dataset, tuple[Join, ...]], bool] = TTLCache(_MOST, TRUSTED_S, timer=timer)
        self._lock = threading.Lock()

    def check(
        self, connector: Connector, dataset: Dataset, definition: ReportDefinition, snapshot: Snapshot | None
    ) -> None:
        """Raise InvalidDataset at the first join that a definition uses and that meets more rows than it says.

        Without `snapshot` it takes one of its own.
        """
        names = fields_used(definition, dataset)
        joins = needed_joins(dataset.joins, {field.table for field in dataset.fields if field.name in names})
        key = (dataset, joins)
        with self._lock:
            if not joins or key in self._good:
                return
        try:
            if snapshot is None:
                with connector.snapshot(deadline_s=_DEADLINE_S) as own:
                    check_join_keys(dataset, connector.functions, own, joins=joins, budget_s=BUDGET_S)
            else:
                check_join_keys(dataset, connector.functions, snapshot, joins=joins, budget_s=None)
        except InvalidDataset as error:
            raise InvalidDataset(f"{dataset.label} cannot be counted: {error.user_message}") from error
        with self._lock:
            self._good[key] = True


_TRUST: Final = JoinTrust()


@contextmanager
def soundly(
    connector: Connector,
    dataset: Dataset,
    definition: ReportDefinition,
    *,
    snapshot: Snapshot | None = None,
    trust: JoinTrust = _TRUST,
) -> Iterator[None]:
    """Around questions of a definition. Raises FieldMissing and InvalidDataset; `snapshot`: the one that is open."""
    with missing_fields_named(connector, dataset, definition):
        trust.check(connector, dataset, definition, snapshot)
        yield
