"""The values that a top n keeps."""

from tests.oracle.order import Value, ordered
from tests.oracle.question import Question


def top_keys(question: Question) -> list[Value] | None:
    """The values of the grouping, the highest first, as the measure ranks them over the current span."""
    top, grouping = question.definition.top, question.top_grouping
    if top is None or grouping is None:
        return None
    measure = next(each for each in question.definition.measures if each.key == top.by)
    lines = question.lines([grouping], [measure], sides=question.sides[:1])
    key = grouping.key
    ranked = ordered(lines, [(lambda line: line[top.by], not top.lowest), (lambda line: line[key], False)])
    return [line[key] for line in ranked[: top.n]]
