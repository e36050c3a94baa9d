"""The lines of a look at recipients in the data."""

from core.address import email_key
from core.domain.burst_preview import BurstPreviewLine, Standing
from core.domain.bursting import BurstPlan, BurstRecipient, Combination
from core.query.burst_questions import BurstQuestion

_MOST_VALUES = 5


def line_of(
    one: BurstRecipient,
    question: BurstQuestion,
    rows: dict[Combination, int],
    refused: dict[str, tuple[Standing, str]],
) -> BurstPreviewLine:
    """What would become of somebody."""
    count = rows.get(one.combination)
    standing, reason = refused.get(email_key(one.address), (Standing.GETS, ""))
    if standing is Standing.GETS and count == 0:
        standing, reason = Standing.NO_ROWS, "" if one.combination.values else "No value picks rows for them."
    return BurstPreviewLine(
        line=one.line,
        address=one.address,
        name=one.name,
        values=_values(one.combination),
        formats=one.formats,
        rows=None if count is None else capped(count, question),
        standing=standing,
        reason=reason,
    )


def _values(combination: Combination) -> tuple[str, ...]:
    shown = [" · ".join(str(value) for value in values) for values in combination.values[:_MOST_VALUES]]
    rest = len(combination.values) - len(shown)
    return (*shown, f"and {rest:,} more") if rest else tuple(shown)


def capped(count: int, question: BurstQuestion) -> int:
    """The rows that a part delivers of those it has."""
    limit = question.bound.limit
    return count if limit is None else min(count, limit)


def invalid_lines(plan: BurstPlan) -> list[BurstPreviewLine]:
    """The rows that name nobody who can be written to."""
    return [
        BurstPreviewLine(line=one.line, address=one.text, standing=Standing.INVALID, reason=one.reason)
        for one in plan.refused
    ]
