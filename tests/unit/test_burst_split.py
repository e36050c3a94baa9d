"""Whether one result can be taken apart, what the one question asks, and what one part's question asks."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from core.domain.burst_split import keyed, narrowed, why_not_one
from core.domain.bursting import (
    Burst,
    BurstTest,
    Combination,
    NoRows,
    Pair,
    check_burst,
    dump_burst,
    dump_combination,
    parse_burst,
    parse_combination,
)
from core.domain.definition import (
    Aggregation,
    Calculation,
    CalculationKind,
    Grouping,
    Measure,
    Pivot,
    ReportDefinition,
    Top,
    Totals,
)
from core.domain.filter import Condition, FilterGroup, Grain, Match, Operator
from core.errors import InvalidInput

ROWS = ReportDefinition(dataset_id=UUID(int=1), columns=("id", "amount"), limit=100)
SUM = Measure(aggregation=Aggregation.SUM, field="amount", name="sum")
GROUPS = ReportDefinition(dataset_id=UUID(int=1), groupings=(Grouping(field="region"),), measures=(SUM,))


def calculated(kind: CalculationKind, *within: str) -> tuple[Calculation, ...]:
    return (Calculation(name="c", kind=kind, of="sum", within=within),)


@pytest.mark.parametrize(
    ("definition", "is_one"),
    [
        (ROWS, True),
        (replace(ROWS, totals=Totals(grand=True)), False),
        (replace(ROWS, kpis=(SUM,)), False),
        (GROUPS, True),
        (replace(GROUPS, groupings=(Grouping(field="product"),)), False),
        (replace(GROUPS, groupings=(Grouping(field="region", grain=Grain.MONTH),)), False),
        (replace(GROUPS, top=Top(n=3, by="sum")), False),
        (replace(GROUPS, pivot=Pivot(groupings=("region",))), False),
        (replace(GROUPS, calculations=calculated(CalculationKind.SHARE)), False),
        (replace(GROUPS, calculations=calculated(CalculationKind.SHARE, "region")), True),
        (replace(GROUPS, calculations=calculated(CalculationKind.RANK, "product")), False),
        (replace(GROUPS, calculations=calculated(CalculationKind.RUNNING_TOTAL, "region", "product")), True),
        (replace(GROUPS, calculations=calculated(CalculationKind.CHANGE)), False),
    ],
)
def test_one_result_is_taken_apart_only_where_nothing_goes_across(definition: ReportDefinition, is_one: bool) -> None:
    assert (why_not_one(definition, ("region",)) is None) is is_one


def test_groupings_have_to_hold_every_field_that_splits() -> None:
    assert why_not_one(GROUPS, ("region", "product")) == "the groupings do not hold what picks the rows"


def test_the_one_question_adds_what_splits_lifts_the_limit_and_names_the_values() -> None:
    asked = keyed(ROWS, ("region", "id"), [Combination(values=(("N", 1), ("S", 1)))])
    assert (asked.columns, asked.limit) == (("id", "amount", "region"), None)
    assert asked.filters.items == (
        Condition(field="region", operator=Operator.IS, values=("N", "S")),
        Condition(field="id", operator=Operator.IS, values=(1,)),
    )


def test_a_part_asks_for_its_values_and_nothing_for_none() -> None:
    either = FilterGroup(match=Match.ANY, items=(Condition(field="id", operator=Operator.IS_EMPTY),))
    one = narrowed(
        replace(ROWS, filters=either), ("region",), Combination(values=(("N",), ("S",)), timezone="Asia/Tokyo")
    )
    assert one.timezone == "Asia/Tokyo"
    assert one.filters.items == (either, Condition(field="region", operator=Operator.IS, values=("N", "S")))
    pairs = narrowed(ROWS, ("region", "id"), Combination(values=(("N", 1), ("N", 2), ("S", 3))))
    (group,) = pairs.filters.items
    assert isinstance(group, FilterGroup)
    assert (group.match, len(group.items)) == (Match.ANY, 2)
    none = narrowed(ROWS, ("region",), Combination(values=()))
    assert [item.operator for item in none.filters.items if isinstance(item, Condition)] == [
        Operator.IS_EMPTY,
        Operator.IS_NOT_EMPTY,
    ]


BURST = Burst(dataset_id=UUID(int=2), address="mail", pairs=(Pair(recipient_field="a", report_field="b"),), name="who")


@pytest.mark.parametrize(
    "burst",
    [BURST, replace(BURST, dataset_id=None, no_rows=NoRows.SEND, test=BurstTest(recipient="a@b.c", to="d@e.f"))],
)
def test_what_is_stored_is_read_back(burst: Burst) -> None:
    assert parse_burst(dump_burst(burst)) == burst
    combination = Combination(values=(("N", 1, True, date(2026, 11, 23)),), timezone="UTC")
    assert parse_combination(dump_combination(combination)) == combination


@pytest.mark.parametrize(
    "changes", [{"pairs": ()}, {"pairs": BURST.pairs * 2}, {"cap": 0}, {"cap": 10_001}, {"pairs": BURST.pairs * 4}]
)
def test_what_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        check_burst(replace(BURST, **changes))
