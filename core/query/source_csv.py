"""Decides whether a source writes a result's rows as CSV itself: the one place between renderer and snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.catalog.sources.connector import CsvQuestion, Snapshot, WritesCsv
from core.domain.csv_options import CsvLines, CsvOptions
from core.query.compile.query import Query

#: Fewer rows are sooner read in batches than a second connection is made.
FEWEST_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCsv:
    """The rows of a query, as long as its snapshot is open."""

    snapshot: Snapshot
    query: Query
    rows: int  #: how many there are

    def lines(self, keys: Sequence[str], options: CsvOptions) -> CsvLines | None:
        """The rows as the source writes them; None where batches are the better way, or the only one."""
        # Groups are not made twice: sources look the rows over before they write them.
        is_plain = not self.query.definition.is_summary
        if not is_plain or self.rows < FEWEST_ROWS or not isinstance(self.snapshot, WritesCsv):
            return None
        statement, scope = self.query.rows(), self.query.scope
        is_scan = scope.row_key is not None and not scope.definition.sort
        return self.snapshot.csv(
            CsvQuestion(
                statement=statement,
                unordered=statement.order_by(None).limit(None),
                scanned=statement.order_by(None) if is_scan else None,
                columns=self.query.columns,
                keys=tuple(keys),
                timezone=self.query.definition.timezone,
                options=options,
            )
        )
