"""Asks for the parts of a report: all of them with one question where that can be, else each with one of its own.

Both ways give a part the same head and the same rows.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from core.domain.burst_split import in_zone, keyed, narrowed, why_not_one
from core.domain.bursting import Burst, Combination
from core.domain.dataset import Dataset, Source
from core.domain.definition import ReportDefinition
from core.domain.definition_json import definition_sha256
from core.domain.parameters import ParameterValue, bind_parameters
from core.domain.result import Result, ResultHead
from core.query.columns import field_of, result_columns
from core.query.executor import HeadFields, QueryExecutor
from core.query.words import describe, filters_in_words

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class BurstQuestion:
    """A report that is taken apart, and under what it is asked."""

    burst: Burst
    definition: ReportDefinition
    parameters: Mapping[str, ParameterValue]
    dataset: Dataset
    source: Source
    head_fields: HeadFields
    logical_at: datetime
    deadline_s: float
    should_stop: Callable[[], bool] = lambda: False

    @cached_property
    def bound(self) -> ReportDefinition:
        """The report with the values given for it."""
        return bind_parameters(self.definition, self.parameters)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the report that pick rows."""
        return tuple(pair.report_field for pair in self.burst.pairs)

    @property
    def why_many(self) -> str | None:
        """Why each part needs a question of its own; None: one is enough."""
        return why_not_one(self.bound, self.fields)

    @property
    def kept(self) -> tuple[str, ...]:
        """The columns of a part, without those that were only needed to split."""
        return tuple(column.key for column in result_columns(self.bound, self.dataset))

    def part_head(self, whole: ResultHead, combination: Combination, rows_matched: int) -> ResultHead:
        """What a part's result says of itself, seen the whole one."""
        described = narrowed(self.bound, self.fields, combination)
        if not combination.values:
            described = in_zone(self.bound, combination)
        nothing = tuple(f"{field_of(self.dataset, name).label}: no value" for name in self.fields)
        return replace(
            whole,
            sentence=describe(described, self.dataset, self.logical_at),
            filters_in_words=(
                *filters_in_words(described, self.dataset, self.logical_at),
                *(() if combination.values else nothing),
            ),
            columns=tuple(column for column in whole.columns if column.key in set(self.kept)),
            chart=self.definition.chart,
            rows_matched=rows_matched,
            row_limit=self.definition.limit,
            definition_sha256=definition_sha256(self.definition),
        )


@contextmanager
def ask_whole(
    question: BurstQuestion, executor: QueryExecutor, combinations: Collection[Combination], timezone: str | None
) -> Iterator[Result]:
    """The one result that holds all parts of a timezone, to be taken apart."""
    zone = Combination(values=(), timezone=timezone)
    asked = in_zone(keyed(question.bound, question.fields, combinations), zone)
    with _ask(question, executor, asked) as result:
        yield result


@contextmanager
def ask_part(question: BurstQuestion, executor: QueryExecutor, combination: Combination) -> Iterator[Result]:
    """The result of one part, asked for by itself."""
    with _ask(question, executor, narrowed(question.bound, question.fields, combination)) as result:
        head = question.part_head(result.head, combination, result.head.rows_matched)
        yield replace(result, head=head, csv=None)


@contextmanager
def _ask(question: BurstQuestion, executor: QueryExecutor, definition: ReportDefinition) -> Iterator[Result]:
    logger.info("burst_asked report=%s", question.head_fields.report_id)
    with executor.run(
        definition,
        question.dataset,
        question.source,
        head_fields=question.head_fields,
        logical_at=question.logical_at,
        deadline_s=question.deadline_s,
        should_stop=question.should_stop,
    ) as result:
        yield result


def by_timezone(combinations: Sequence[Combination]) -> dict[str | None, list[Combination]]:
    """The combinations of each timezone, in their order."""
    found: dict[str | None, list[Combination]] = {}
    for combination in combinations:
        found.setdefault(combination.timezone, []).append(combination)
    return found
