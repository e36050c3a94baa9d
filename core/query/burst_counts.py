"""How many rows parts have, without reading their rows where counting them is enough."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.domain.burst_split import in_zone, keyed
from core.domain.bursting import Combination
from core.domain.definition import Aggregation, Grouping, Measure, ReportDefinition
from core.domain.filter import FilterGroup
from core.query.burst_questions import BurstQuestion, by_timezone
from core.query.executor import QueryExecutor
from core.query.splitting import Keys

_COUNT = "broadsheet_rows"


def count_parts(
    question: BurstQuestion, executor: QueryExecutor, combinations: Sequence[Combination]
) -> dict[Combination, int]:
    """The rows of each part, beyond its limit too; for parts that one result holds."""
    counts: dict[Combination, int] = {}
    for timezone, mine in by_timezone(combinations).items():
        keys, found = Keys(mine, len(question.fields)), np.zeros(len(mine), dtype=np.int64)
        asked = in_zone(_counting(question, mine), Combination(values=(), timezone=timezone))
        with executor.run(
            asked,
            question.dataset,
            question.source,
            head_fields=question.head_fields,
            logical_at=question.logical_at,
            deadline_s=question.deadline_s,
        ) as result:
            for batch in result.batches:
                rows, parts = keys.parts_of([batch.column(name) for name in question.fields])
                weights = np.ones(len(rows), dtype=np.int64)
                if _COUNT in batch.schema.names:
                    weights = batch.column(_COUNT).to_numpy(zero_copy_only=False).astype(np.int64)[rows]
                np.add.at(found, parts, weights)
        counts |= {combination: int(count) for combination, count in zip(mine, found, strict=True)}
    return counts


def count_part(question: BurstQuestion, executor: QueryExecutor, definition: ReportDefinition) -> int:
    """The rows of a part that is asked for by itself."""
    preview = executor.preview(
        definition, question.dataset, question.source, page=1, page_size=1, logical_at=question.logical_at
    )
    return preview.rows_matched


def _counting(question: BurstQuestion, combinations: Sequence[Combination]) -> ReportDefinition:
    """Rows are counted by what splits them. Groups are asked for, and rows where joins may multiply them."""
    whole = keyed(question.bound, question.fields, combinations)
    if whole.is_summary or whole.result_filters.items or question.dataset.joins:
        return whole
    return replace(
        whole,
        columns=(),
        calculations=(),
        sort=(),
        options=(),
        rules=(),
        result_filters=FilterGroup(),
        groupings=tuple(Grouping(field=name) for name in question.fields),
        measures=(Measure(aggregation=Aggregation.COUNT, name=_COUNT),),
    )
