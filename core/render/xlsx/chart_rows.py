"""What a chart needs of a report's rows, kept while they pass."""

from collections.abc import Sequence

import pyarrow as pa

from core.domain.appearance import Chart
from core.domain.result import ResultColumn
from core.render.xlsx.chart_data import MOST_CHART_ROWS


class ChartRows:
    """Keeps the columns that `chart` draws, as long as the rows are few enough to be drawn."""

    def __init__(self, chart: Chart, columns: Sequence[ResultColumn]) -> None:
        wanted = {chart.x, *chart.y, chart.color}
        self._keys = [column.key for column in columns if column.key in wanted]
        self._kept: list[pa.RecordBatch] = []
        self._rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take note of the next rows."""
        self._rows += batch.num_rows
        if self._rows > MOST_CHART_ROWS:
            self._kept.clear()
        else:
            self._kept.append(batch.select(self._keys))

    def table(self) -> pa.Table | None:
        """All rows, None where there are none or too many."""
        return pa.Table.from_batches(self._kept) if self._kept else None
