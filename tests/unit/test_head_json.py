"""A head comes back from JSON as it was, and heads of older runs can be read."""

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from core.domain.appearance import Chart, ChartKind, FormatRule, RuleKind, Tone
from core.domain.field import DateStyle, FieldType, Format, NumberStyle
from core.domain.filter import Operator
from core.domain.result import ColumnRole, Kpi, ResultColumn, ResultHead, Total
from core.query.head_json import dump_head, load_head
from core.query.typed_json import load_number, load_typed
from core.query.windows import resolved_days

AT = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
HEAD = ResultHead(
    report_id=UUID(int=7),
    report_version=3,
    title="Orders",
    description="All of them",
    sentence="Orders by country",
    filters_in_words=("Country is DE",),
    period=resolved_days(date(2026, 3, 1), date(2026, 3, 31), "Europe/Berlin"),
    previous_period=resolved_days(date(2026, 2, 1), date(2026, 2, 28), "Europe/Berlin"),
    columns=(
        ResultColumn(
            key="sum__amount|DE",
            label="Amount",
            type=FieldType.DECIMAL,
            role=ColumnRole.MEASURE,
            format=Format(style=NumberStyle.CURRENCY, decimals=2, unit="EUR"),
            scale=2,
            width=14,
            is_hidden=True,
            spans=("Germany", "2026"),
        ),
        ResultColumn(
            key="at__month",
            label="Month",
            type=FieldType.DATE,
            role=ColumnRole.DIMENSION,
            format=Format(date_style=DateStyle.MONTH),
        ),
    ),
    kpis=(
        Kpi(label="Amount", value=Decimal("12345678901234567890.01"), previous=1, trend=(1.5, math.inf)),
        Kpi(label="None", value=None),
        Kpi(label="Endless", value=-math.inf),
    ),
    chart=Chart(kind=ChartKind.BAR, x="country", y=("count",), color="paid"),
    totals=(
        Total(level=0, keys=(), values=(None, Decimal("1.10"), 3, 2.5)),
        Total(level=2, keys=(date(2026, 3, 1), AT), values=("text", True, date(2026, 3, 2), AT)),
    ),
    rules=(
        FormatRule(
            key="count", operator=Operator.BETWEEN, values=(1, date(2026, 3, 1), AT), tone=Tone.BAD, whole_row=True
        ),
        FormatRule(key="count", kind=RuleKind.SCALE),
    ),
    rows_matched=20,
    is_at_least=True,
    row_limit=10,
    logical_at=AT,
    as_of=AT,
    is_snapshot=False,
    timezone="Europe/Berlin",
    organization="Acme",
    notes=("The source has no snapshot.",),
    definition_sha256="ab",
    owner="Ada",
)


def test_everything_in_a_head_comes_back() -> None:
    text = json.dumps(dump_head(HEAD), allow_nan=False)
    loaded = load_head(json.loads(text))
    assert loaded == HEAD
    values = [type(value) for total in loaded.totals for value in (*total.keys, *total.values)]
    assert values == [type(value) for total in HEAD.totals for value in (*total.keys, *total.values)]


def test_a_head_without_anything_comes_back() -> None:
    bare = ResultHead(
        report_id=None,
        report_version=None,
        title="T",
        sentence="S",
        columns=(),
        rows_matched=0,
        row_limit=None,
        logical_at=AT,
        as_of=AT,
        is_snapshot=True,
        timezone="UTC",
    )
    assert load_head(json.loads(json.dumps(dump_head(bare)))) == bare


def test_the_head_of_an_older_run_is_read() -> None:
    data = dump_head(replace(HEAD, totals=(), rules=(), notes=(), is_at_least=False))
    for key in ("totals", "rules", "notes", "is_at_least"):
        del data[key]
    for column in data["columns"]:
        for key in ("scale", "width", "is_hidden", "spans"):
            del column[key]
        del column["format"]["date_style"]
    loaded = load_head(data)
    assert loaded.columns[0].spans == ()
    assert (loaded.totals, loaded.rules, loaded.notes, loaded.is_at_least) == ((), (), (), False)


def test_what_is_no_typed_value_is_refused() -> None:
    with pytest.raises(ValueError, match="no typed value"):
        load_typed({"bytes": "00"})
    with pytest.raises(ValueError, match="a number was expected"):
        load_number({"day": "2026-01-01"})
