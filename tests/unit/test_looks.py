"""The looks of one page on the screen."""

from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa

from core.domain.appearance import FormatRule, RuleKind, Tone
from core.domain.field import FieldType
from core.domain.filter import Operator
from core.domain.result import Preview
from core.services.looks import page_looks
from tests.render_results import ZONE, column

COLUMNS = (
    column("name", FieldType.TEXT),
    replace(column("secret", FieldType.INTEGER), is_hidden=True),
    column("amount", FieldType.INTEGER),
)
BAD = FormatRule(key="amount", operator=Operator.LESS, values=(0,), tone=Tone.BAD)


def preview(*rules: FormatRule, matched: int = 3) -> Preview:
    # two chunks, as sources hand them over
    chunks = [
        {"name": ["a", "b"], "secret": [1, 2], "amount": [-4, None]},
        {"name": ["c"], "secret": [3], "amount": [8]},
    ]
    return Preview(
        columns=COLUMNS,
        table=pa.concat_tables([pa.table(chunk, schema=_SCHEMA) for chunk in chunks]),
        rows_matched=matched,
        page=1,
        page_size=3,
        sql=None,
        period=None,
        sentence="",
        filters_in_words=(),
        as_of=datetime(2026, 11, 23, tzinfo=UTC),
        elapsed_s=0.0,
        rules=rules,
    )


_SCHEMA = pa.schema([("name", pa.string()), ("secret", pa.int64()), ("amount", pa.int64())])


def test_marks_of_shown_columns() -> None:
    looks = page_looks(preview(BAD), ZONE, dark=False)
    assert looks is not None
    red = "background-color: #F8DEDC; color: #8A1C20; font-weight: 600"
    assert looks.styles == {"amount": (red, "", "")}
    assert looks.legend == ("✕ bad: Amount is less than 0",)
    assert looks.bars == {}
    dark = page_looks(preview(BAD), ZONE, dark=True)
    assert dark is not None
    assert dark.styles != looks.styles


def test_bars_reach_from_zero_to_the_ends_of_the_page() -> None:
    looks = page_looks(preview(FormatRule(key="amount", kind=RuleKind.BAR), matched=100), ZONE, dark=False)
    assert looks is not None
    assert looks.bars == {"amount": (-4.0, 8.0)}
    assert looks.is_of_page
    for rule, matched, is_of_page in ((BAD, 100, False), (FormatRule(key="amount", kind=RuleKind.SCALE), 3, False)):
        looks = page_looks(preview(rule, matched=matched), ZONE, dark=False)
        assert looks is not None
        assert looks.is_of_page is is_of_page


def test_nothing_to_mark() -> None:
    assert page_looks(preview(), ZONE, dark=False) is None
    shades_unseen = FormatRule(key="secret", kind=RuleKind.SCALE)
    assert page_looks(preview(shades_unseen), ZONE, dark=False) is None
    empty = replace(preview(BAD), table=_SCHEMA.empty_table())
    assert page_looks(empty, ZONE, dark=False) is None
