"""The whole answer to a definition."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import localcontext
from typing import Any
from zoneinfo import ZoneInfo

from core.domain.dataset import Dataset
from core.domain.definition import CalculationKind, ReportDefinition
from core.domain.expression_types import ExpressionContext, type_of
from core.domain.field import FieldType
from tests.oracle.arithmetic import EXACT
from tests.oracle.calculations import asked_order, calculate, expression_value, in_order
from tests.oracle.filters import Moment, holds
from tests.oracle.frame import Frame, Joined, Row, Tables, tree_of
from tests.oracle.headline import Headline, headlines_of
from tests.oracle.order import Undecided, Value, ordered
from tests.oracle.pivot import TooManyColumns, pivoted, spread_of
from tests.oracle.question import Line, Question
from tests.oracle.top import top_keys
from tests.oracle.totals import TotalLine, totals_of

_MOST_KNOWN = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the definition answers."""

    keys: list[str]
    kinds: list[FieldType]
    rows: list[list[Any]]  #: up to the limit, in order
    matched: int
    totals: list[TotalLine]
    headlines: list[Headline]
    is_in_order: bool = True  #: rows that nobody sorts and no limit cuts come as the source has them


@dataclass(slots=True, kw_only=True)
class Oracle:
    """A dataset's tables, ready to be asked."""

    dataset: Dataset
    tables: Tables
    logical_at: datetime
    joined: Joined
    _known: dict[tuple[ReportDefinition, bool], Answer | Exception] = field(default_factory=dict)

    def answer(self, definition: ReportDefinition, *, numbers_rows: bool = False) -> Answer:
        """The answer to a definition without parameters, worked out once for all engines.

        `numbers_rows`: the source numbers the rows of a plain table, and hands out equal ones in that order. Raises
        Undecided and TooManyColumns.
        """
        key = (definition, numbers_rows and not definition.is_summary)
        if key not in self._known:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            try:
                self._known[key] = self._worked_out(definition, numbers_rows=numbers_rows)
            except (Undecided, TooManyColumns) as error:
                self._known[key] = error
        known = self._known[key]
        if isinstance(known, Exception):
            raise known
        return known

    def _worked_out(self, definition: ReportDefinition, *, numbers_rows: bool) -> Answer:
        zone = ZoneInfo(definition.timezone)
        frame = Frame(
            dataset=self.dataset, tables=self.tables, zone=zone, calendar=definition.calendar, joined=self.joined
        )
        moment = Moment(logical_at=self.logical_at, zone=zone, calendar=definition.calendar)
        question = Question(definition=definition, frame=frame, moment=moment)
        with localcontext(EXACT):
            question.top_keys = top_keys(question)
            if not definition.is_summary:
                return _detail(question, numbers_rows=numbers_rows)
            return _summary(question) if definition.pivot is None else _pivot(question)


def kinds_of(question: Question) -> dict[str, FieldType]:
    """The types of the columns before a pivot."""
    definition = question.definition
    kinds = {name: question.frame.kind(name) for name in definition.columns}
    kinds |= {grouping.key: question.kind(grouping) for grouping in definition.groupings}
    kinds |= {measure.key: question.figures.kind(measure) for measure in definition.measures}
    fields = {each.name: each.type for each in question.frame.dataset.fields}
    for each in definition.calculations:
        match each.kind:
            case CalculationKind.EXPRESSION:
                names = kinds if definition.is_summary else fields
                context = ExpressionContext.RESULT if definition.is_summary else ExpressionContext.ROW
                kinds[each.name] = type_of(tree_of(each.expression or ""), names, context)
            case CalculationKind.SHARE | CalculationKind.CHANGE_PERCENT:
                kinds[each.name] = FieldType.DECIMAL
            case CalculationKind.RANK:
                kinds[each.name] = FieldType.INTEGER
            case _:
                kinds[each.name] = kinds[each.of or ""]
    return kinds


def _detail(question: Question, *, numbers_rows: bool) -> Answer:
    definition, kinds = question.definition, kinds_of(question)
    rows = question.rows(question.sides[0])
    lines: list[tuple[Row, Line]] = []
    for row in rows:
        line: Line = {name: row[name] for name in definition.columns}
        for each in definition.calculations:
            line[each.name] = expression_value(question, each, row.__getitem__)
        lines.append((row, line))
    lines = [each for each in lines if _is_kept(question, each[1], kinds)]
    keys = [(sort.key, sort.descending) for sort in definition.sort]
    is_numbered = numbers_rows and not question.frame.is_joined(question.used())
    if not is_numbered:
        sorted_by = {sort.key for sort in definition.sort}
        keys += [(key, False) for key in definition.column_keys if key not in sorted_by]
    is_in_order = is_numbered or bool(definition.sort) or definition.limit is not None
    found = ordered(lines, [(lambda each, key=key: each[1][key], descending) for key, descending in keys])
    answer = _answer(question, [line for _, line in found], definition.column_keys, kinds, [], len(found))
    return replace(answer, is_in_order=is_in_order)


def _summary(question: Question) -> Answer:
    definition, kinds = question.definition, kinds_of(question)
    lines, kept = _cells(question, kinds, leading=definition.totals.subtotals)
    keys = [grouping.key for grouping in definition.groupings]
    order = asked_order(question, keys, leading=definition.totals.subtotals, available=definition.column_keys)
    totals = totals_of(question, None, kept)
    found = in_order(question, lines, order)
    return _answer(question, found, definition.column_keys, kinds, totals, len(found))


def _pivot(question: Question) -> Answer:
    definition, kinds = question.definition, kinds_of(question)
    cells, kept = _cells(question, kinds, leading=0)
    spread = spread_of(question, cells)
    lines = pivoted(question, cells, spread, definition.calculations, staying=spread.staying, kept=kept)
    keys = [grouping.key for grouping in spread.staying]
    found = in_order(question, lines, asked_order(question, keys, leading=definition.totals.subtotals))
    totals = totals_of(question, spread, kept)
    by_column = {grouping.key: kinds[grouping.key] for grouping in spread.staying}
    by_column |= {key: kinds[key.split("|")[0]] for key in spread.columns if key not in by_column}
    return _answer(question, found, spread.columns, by_column, totals, len(found))


def _cells(
    question: Question, kinds: dict[str, FieldType], *, leading: int
) -> tuple[list[Line], set[tuple[Value, ...]] | None]:
    """The groups with their calculations that the filters of the result keep, and their keys where there are such."""
    definition = question.definition
    keys = [grouping.key for grouping in definition.groupings]
    lines = question.lines(definition.groupings, definition.measures)
    order = asked_order(question, keys, leading=leading, available=definition.column_keys)
    calculate(question, lines, definition.calculations, order)
    if not definition.result_filters.items:
        return lines, None
    lines = [line for line in lines if _is_kept(question, line, kinds)]
    return lines, {tuple(line[key] for key in keys) for line in lines}


def _is_kept(question: Question, line: Line, kinds: dict[str, FieldType]) -> bool:
    group = question.definition.result_filters
    return holds(group, lambda key: (line[key], kinds[key]), question.moment)


def _answer(
    question: Question,
    lines: list[Line],
    keys: Any,
    kinds: dict[str, FieldType],
    totals: list[TotalLine],
    matched: int,
) -> Answer:
    return Answer(
        keys=list(keys),
        kinds=[kinds[key] for key in keys],
        rows=[[line.get(key) for key in keys] for line in lines[: question.definition.limit]],
        matched=matched,
        totals=totals,
        headlines=headlines_of(question),
    )
