"""Filters that are switched off: a definition with them is asked, said and checked as the one without them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog.sources.duckdb_sql import DIALECT, DuckDbFunctions
from core.catalog.sources.statement import compile_statement
from core.domain.data_policy_models import parse_policy
from core.domain.definition import Parameter, ParameterType, ReportDefinition
from core.domain.definition_json import definition_sha256, dump_definition, parse_definition
from core.domain.filter import Condition, DateUnit, DateWindow, FilterGroup, Operator, WindowKind
from core.domain.filter_off import applied
from core.domain.parameters import bind_parameters
from core.errors import InvalidDataset, InvalidDefinition, InvalidInput
from core.query.compile.query import Page, compile_query
from core.query.validate import validate_definition
from core.query.words import describe, filters_in_words
from core.services.next_runs import covered_window
from tests.definition_parts import NOW, orders_dataset
from tests.definition_strategies import Variety, definitions

ORDERS = orders_dataset()
LAST_WEEK = DateWindow(kind=WindowKind.LAST, unit=DateUnit.WEEK)
GONE = Condition(field="gone", operator=Operator.IS, values=("x",), is_off=True)
WEEKLY = Condition(field="at", operator=Operator.IN_WINDOW, window=LAST_WEEK, is_off=True)
ASKING = Condition(field="country", operator=Operator.IS, parameter="asleep", is_off=True)
ON = Condition(field="gone", operator=Operator.IS, values=("x",))
#: A group that is off, and one in which all is.
SWITCHED = (GONE, WEEKLY, ASKING, FilterGroup(items=(ON,), is_off=True), FilterGroup(items=(GONE, WEEKLY)))
ASLEEP = Parameter(name="asleep", label="Asleep", type=ParameterType.VALUES, field="country", is_required=True)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[ReportDefinition, ReportDefinition]:
    """A definition, and the same one with filters strewn in that are switched off."""
    plain = draw(definitions(ORDERS, Variety(with_parameters=False, with_appearance=False)))

    def strewn(group: FilterGroup, *, is_inner: bool = False) -> FilterGroup:
        items: list[Any] = [
            strewn(item, is_inner=True) if isinstance(item, FilterGroup) else item for item in group.items
        ]
        # An empty group in a group holds for every row; with something in it that is off it would be off itself.
        for item in draw(st.lists(st.sampled_from(SWITCHED), max_size=2)) if items or not is_inner else ():
            items.insert(draw(st.integers(0, len(items))), item)
        return replace(group, items=tuple(items))

    off = replace(plain, filters=strewn(plain.filters), result_filters=strewn(plain.result_filters))
    measures = tuple(replace(one, filters=strewn(one.filters)) if one.name else one for one in plain.measures)
    return plain, replace(off, measures=measures, parameters=(ASLEEP,))


def asked(definition: ReportDefinition) -> tuple[str, tuple[Any, ...]]:
    query = compile_query(definition, ORDERS, functions=DuckDbFunctions(), logical_at=NOW)
    first = query.top() or query.spread()
    compiled = compile_statement(first.statement if first else query.rows(Page(offset=0, size=20)), DIALECT)
    return compiled.sql, tuple(compiled.parameters)


@settings(max_examples=40, deadline=None)
@given(pairs())
def test_a_definition_with_filters_switched_off_is_the_one_without_them(
    pair: tuple[ReportDefinition, ReportDefinition],
) -> None:
    plain, off = pair
    if "asleep" not in str(off.filters) + str(off.result_filters) + str(off.measures):
        off = replace(off, parameters=())
    validate_definition(off, ORDERS)
    assert applied(off) == plain
    assert bind_parameters(off, {}) == plain
    assert asked(off) == asked(plain)
    assert describe(off, ORDERS, NOW) == describe(plain, ORDERS, NOW)
    assert filters_in_words(off, ORDERS, NOW) == filters_in_words(plain, ORDERS, NOW)
    assert covered_window(off) == covered_window(plain)
    assert parse_definition(dump_definition(off)) == off


def test_what_is_on_is_written_as_it_always_was() -> None:
    plain = ReportDefinition(dataset_id=ORDERS.id, columns=("country",), filters=FilterGroup(items=(ON,)))
    assert "is_off" not in str(dump_definition(plain))
    off = replace(plain, filters=FilterGroup(items=(replace(ON, is_off=True),)))
    assert dump_definition(off)["filters"]["items"][0]["is_off"] is True
    assert definition_sha256(off) != definition_sha256(plain)


def test_a_value_for_what_is_switched_off_is_taken_and_checked() -> None:
    """A schedule that gives it goes on running, and what it gives still has to suit."""
    asking = ReportDefinition(
        dataset_id=ORDERS.id, columns=("country",), filters=FilterGroup(items=(ASKING,)), parameters=(ASLEEP,)
    )
    assert bind_parameters(asking, {"asleep": ("DE",)}).filters == FilterGroup()
    with pytest.raises(InvalidInput):
        bind_parameters(asking, {"asleep": LAST_WEEK})


def test_only_what_is_in_a_reports_filter_can_be_switched_off() -> None:
    whole = {"match": "all", "items": [], "is_off": True}
    with pytest.raises(InvalidDefinition, match="one by one"):
        parse_definition({"dataset_id": str(ORDERS.id), "columns": ["country"], "filters": whole})


def test_a_rule_of_a_data_policy_is_never_off() -> None:
    item = {"field": "country", "operator": "is", "values": ["DE"]}
    rule = {"name": "Germany", "filters": {"match": "all", "items": [item]}}
    assert parse_policy({"rows": [rule]})
    rule["filters"] = {"match": "all", "items": [{**item, "is_off": True}]}
    with pytest.raises(InvalidDataset, match="Only a report's filters can be switched off") as caught:
        parse_policy({"rows": [rule]})
    assert caught.value.place == "rows[0].filters.items[0].is_off"
