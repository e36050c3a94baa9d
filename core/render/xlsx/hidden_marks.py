"""Rules that look at hidden columns: a workbook's rules look at cells alone, so a hidden column says which holds.

It holds the number of the first such rule that marks the row, and nothing of what the rule looked at.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from core.domain.appearance import FormatRule
from core.domain.field import FieldType
from core.domain.filter import Operator
from core.domain.result import ColumnRole, Result, ResultColumn
from core.render.rule_conditions import fits
from core.render.rules import hidden_marks, marked_batches

_COLUMN = ResultColumn(
    key="|mark",  # no field is called so
    label="Mark of the row",
    type=FieldType.INTEGER,
    role=ColumnRole.MEASURE,
    is_hidden=True,
)


def with_mark_column(result: Result) -> Result:
    """The result with such a column and rules that look at it; the same one where no rule looks at a hidden column."""
    head = result.head
    columns = (*head.columns, *head.hidden)
    placed = hidden_marks(head.rules, columns)
    if not placed:
        return result
    numbers = {id(rule): number for number, (rule, _) in enumerate(placed, start=1)}
    rules = tuple(
        replace(rule, key=_COLUMN.key, operator=Operator.IS, values=(numbers[id(rule)],), whole_row=True)
        if id(rule) in numbers
        else rule
        for rule in head.rules
    )
    totals = tuple(replace(total, values=(*total.values, None)) for total in head.totals)
    marked = replace(head, columns=(*head.columns, _COLUMN), hidden=(), totals=totals, rules=rules)
    batches = _Marked(marked_batches(result), columns, len(head.columns), placed, head.timezone)
    return Result(head=marked, batches=batches)


@dataclass(frozen=True, slots=True)
class _Marked:
    """Batches with the numbers behind their shown columns; may be iterated as often as those."""

    batches: Iterable[pa.RecordBatch]
    columns: Sequence[ResultColumn]
    shown: int
    placed: Sequence[tuple[FormatRule, Sequence[int]]]
    timezone: str

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self.batches:
            arrays = [*batch.columns[: self.shown], self._numbers(batch)]
            yield pa.RecordBatch.from_arrays(arrays, names=[*batch.schema.names[: self.shown], _COLUMN.key])

    def _numbers(self, batch: pa.RecordBatch) -> pa.Array:
        """The first rule that fits each row, null where none does."""
        numbers = np.zeros(batch.num_rows, np.int64)
        for number in range(len(self.placed), 0, -1):
            rule, places = self.placed[number - 1]
            for place in places:
                numbers[fits(rule, batch.column(place), self.columns[place], self.timezone)] = number
        return pa.array(numbers, mask=numbers == 0)
