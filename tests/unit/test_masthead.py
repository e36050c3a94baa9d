from datetime import UTC, datetime

import pytest

from core.domain.result import ResultHead
from core.render.masthead import row_notes, row_words

AS_OF = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def a_head(matched: int, limit: int | None) -> ResultHead:
    return ResultHead(
        report_id=None,
        report_version=1,
        title="Orders",
        sentence="",
        columns=(),
        rows_matched=matched,
        row_limit=limit,
        logical_at=AS_OF,
        as_of=AS_OF,
        is_snapshot=True,
        timezone="UTC",
    )


@pytest.mark.parametrize(
    ("rows", "matched", "limit", "words"),
    [
        (98, 98, None, "98 of 98 rows"),
        (98, 98, 1_000, "98 of 98 rows"),
        (1, 1, None, "1 of 1 row"),
        (0, 0, None, "0 of 0 rows"),
        (1_000, 5_231, 1_000, "1,000 of 5,231 rows: the report is limited to 1,000"),
        (10, 12, None, "10 of 12 rows"),
        (12, 10, None, "12 of 12 rows"),
    ],
)
def test_the_number_of_rows_is_said_in_one_way(rows: int, matched: int, limit: int | None, words: str) -> None:
    assert row_words(a_head(matched, limit), rows) == words


@pytest.mark.parametrize(
    ("rows", "matched", "limit", "notes"),
    [
        (98, 98, 1_000, ()),
        (5, 12_345, 5, ("Only the first 5 of 12,345 rows are here: the report is limited to 5.",)),
        (10, 12, None, ("12 rows were counted, but 10 came: the source changed while it was read.",)),
    ],
)
def test_rows_that_are_missing_are_noted(rows: int, matched: int, limit: int | None, notes: tuple[str, ...]) -> None:
    assert row_notes(a_head(matched, limit), rows) == notes
