"""The questions that give totals: the same one over fewer groupings, each answered from the rows themselves."""

from dataclasses import dataclass

from core.domain.definition import CalculationKind, Totals
from core.domain.filter import FilterGroup
from core.query.compile.calculations import without
from core.query.compile.keys import Kept
from core.query.compile.level import Level
from core.query.compile.pivot import pivoted_level, spread_groupings, staying_groupings, within_only
from core.query.compile.scope import Scope
from core.query.compile.summary import summary_level

#: A total is no row among others.
_OF_ROWS = (CalculationKind.RANK, CalculationKind.RUNNING_TOTAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsQuestion:
    """The totals over the first `level` groupings that stay in rows."""

    level: int
    scope: Scope
    answer: Level


def totals_questions(scope: Scope) -> tuple[TotalsQuestion, ...]:
    """A question for each level of totals that the definition asks for, the grand total first."""
    totals = scope.definition.totals
    levels = [*([0] if totals.grand else []), *range(1, totals.subtotals + 1)]
    return tuple(_question(scope, level) for level in levels)


def _question(scope: Scope, level: int) -> TotalsQuestion:
    definition = scope.definition
    staying = staying_groupings(scope)[:level]
    spread = {grouping.key for grouping in spread_groupings(scope)}
    groupings = tuple(each for each in definition.groupings if each.key in spread or each in staying)
    gone = {each.name for each in definition.calculations if each.kind in _OF_ROWS}
    gone |= {grouping.key for grouping in definition.groupings if grouping not in groupings}
    kept = None
    if definition.result_filters.items:
        groups = summary_level(scope.asking(pivot=None, totals=Totals()))
        kept = Kept(level=groups, groupings=definition.groupings)
    asked = scope.asking(
        groupings=groupings,
        calculations=within_only(without(definition.calculations, gone), groupings),
        result_filters=FilterGroup(),
        sort=tuple(sort for sort in definition.sort if sort.key in {each.key for each in groupings}),
        totals=Totals(subtotals=level),
    )
    answer = pivoted_level(asked, kept) if definition.pivot is not None else summary_level(asked, kept)
    return TotalsQuestion(level=level, scope=asked, answer=answer)
