"""The question that finds the values a top n keeps: the first of two phases in one snapshot."""

from core.domain.definition import Sort, Totals
from core.domain.filter import FilterGroup
from core.query.compile.scope import Scope


def top_scope(scope: Scope) -> Scope | None:
    """What to ask for the top values of a grouping, the highest (or lowest) first; None where there is no top."""
    top = scope.definition.top
    if top is None:
        return None
    grouping = scope.grouping(top.grouping or scope.definition.groupings[0].key)
    measure = next(measure for measure in scope.definition.measures if measure.key == top.by)
    return scope.asking(
        groupings=(grouping,),
        measures=(measure,),
        calculations=(),
        result_filters=FilterGroup(),
        top=None,
        pivot=None,
        totals=Totals(),
        sort=(Sort(key=top.by, descending=not top.lowest),),
        limit=top.n,
    )
