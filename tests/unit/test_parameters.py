import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.definition import ParameterType, ReportDefinition
from core.domain.definition_json import dump_definition, parse_definition
from core.domain.filter import DateUnit, DateWindow, FilterGroup, Match, Operator, WindowKind
from core.domain.parameters import ParameterValue, bind_parameters, dump_parameters, parse_parameters
from core.errors import InvalidDefinition, InvalidInput
from core.query.validate import validate_definition
from tests.definition_parts import condition, definition, matching, orders_dataset
from tests.definition_strategies import Variety, definitions, windows

WHERE = {"name": "where", "label": "Where", "field": "country", "is_list": True}
LEAST = {"name": "least", "label": "At least", "value_type": "decimal"}
WHEN = {"name": "when", "label": "When", "type": "window"}
LAST_WEEK = DateWindow(kind=WindowKind.LAST, unit=DateUnit.WEEK)


def asking(*filters: dict[str, Any], match: str = "all", **parts: Any) -> ReportDefinition:
    return definition(
        measures=[{"aggregation": "count"}],
        filters=matching(*filters, match=match),
        parameters=[WHERE, LEAST, WHEN],
        **parts,
    )


IN_COUNTRY = condition("country", "is", parameter="where")
AT_LEAST = condition("amount", "at_least", parameter="least")
FIXED = condition("is_paid", "is", True)


def bound_filters(asked: ReportDefinition, **given: ParameterValue) -> FilterGroup:
    return bind_parameters(asked, given).filters


def group(*items: dict[str, Any], match: str = "all") -> FilterGroup:
    return definition(measures=[{"aggregation": "count"}], filters=matching(*items, match=match)).filters


def test_values_take_the_place_of_their_parameters_everywhere() -> None:
    asked = asking(
        matching(IN_COUNTRY, match="none"),
        condition("shipped_on", "in_window", parameter="when"),
        period={"field": "at", "window": {"kind": "this", "unit": "year"}, "parameter": "when"},
        kpis=[{"aggregation": "count", "name": "k", "filters": matching(IN_COUNTRY)}],
        result_filters=matching(condition("count", "greater", parameter="least")),
    )
    bound = bind_parameters(asked, {"where": ("DE", "FR"), "when": LAST_WEEK, "least": (3,)})
    assert bound.parameters == ()
    assert bound.period is not None
    assert (bound.period.window, bound.period.parameter) == (LAST_WEEK, None)
    assert bound.filters == group(
        matching(condition("country", "is", "DE", "FR"), match="none"),
        condition("shipped_on", "in_window", window={"kind": "last", "unit": "week"}),
    )
    assert bound.kpis[0].filters == group(condition("country", "is", "DE", "FR"))
    assert bound.result_filters == group(condition("count", "greater", 3))


def test_the_default_stands_in_where_no_value_is_given() -> None:
    defaults = {**WHERE, "default": ["US"]}, {**WHEN, "default_window": {"kind": "to_date", "unit": "month"}}
    asked = definition(
        measures=[{"aggregation": "count"}],
        period={"field": "at", "window": {"kind": "this", "unit": "year"}, "parameter": "when"},
        filters=matching(IN_COUNTRY),
        parameters=list(defaults),
    )
    bound = bind_parameters(asked, {})
    assert bound.filters == group(condition("country", "is", "US"))
    assert bound.period is not None
    assert bound.period.window == DateWindow(kind=WindowKind.TO_DATE, unit=DateUnit.MONTH)
    assert bind_parameters(asked, {"where": ("DE",)}).filters == group(condition("country", "is", "DE"))


def test_the_period_keeps_its_window_where_there_is_neither_value_nor_default() -> None:
    asked = asking(period={"field": "at", "window": {"kind": "this", "unit": "year"}, "parameter": "when"})
    bound = bind_parameters(asked, {})
    assert bound.period is not None
    assert bound.period.window == DateWindow(kind=WindowKind.THIS, unit=DateUnit.YEAR)


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        (asking(IN_COUNTRY), group()),
        (asking(IN_COUNTRY, FIXED), group(FIXED)),
        (asking(IN_COUNTRY, FIXED, match="any"), group()),
        (asking(IN_COUNTRY, FIXED, match="none"), group(FIXED, match="none")),
        (asking(IN_COUNTRY, match="none"), group()),
        # Not (in the country or paid): what is not asked for leaves nothing out.
        (
            asking(matching(IN_COUNTRY, FIXED, match="any"), match="none"),
            group(matching(FIXED, match="any"), match="none"),
        ),
        # Not (in the country and paid): without the first, no row is left out.
        (asking(matching(IN_COUNTRY, FIXED), match="none"), group()),
        (
            asking(matching(matching(IN_COUNTRY, FIXED, match="none"), FIXED), match="none"),
            group(),
        ),
        (
            asking(matching(matching(IN_COUNTRY, FIXED), FIXED, match="any"), FIXED),
            group(matching(matching(FIXED), FIXED, match="any"), FIXED),
        ),
    ],
)
def test_conditions_without_a_value_restrict_nothing(asked: ReportDefinition, left: FilterGroup) -> None:
    assert bound_filters(asked) == left


def test_a_required_parameter_without_a_value_is_refused() -> None:
    asked = definition(
        measures=[{"aggregation": "count"}], filters=matching(IN_COUNTRY), parameters=[{**WHERE, "is_required": True}]
    )
    with pytest.raises(InvalidInput, match="'Where' needs a value") as caught:
        bind_parameters(asked, {})
    assert caught.value.place == "parameters.where"
    assert bind_parameters(asked, {"where": ("DE",)}).filters.items


def test_a_condition_on_a_parameter_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidDefinition, match="'country' takes the parameter 'where', which is not there"):
        bind_parameters(replace(asking(IN_COUNTRY), parameters=()), {})


def test_values_are_read_from_json() -> None:
    given = parse_parameters(
        asking(), {"where": ["DE", "FR"], "least": 2.5, "when": {"kind": "last", "n": 1, "unit": "week"}}
    )
    assert given == {"where": ("DE", "FR"), "least": (2.5,), "when": LAST_WEEK}
    assert parse_parameters(asking(), {"where": "DE"}) == {"where": ("DE",)}
    assert parse_parameters(asking(), {"where": [], "least": None, "when": None}) == {}


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        ([], "parameters", "JSON object"),
        ({"wher": 1}, "parameters.wher", "no parameter 'wher'"),
        ({"where": ["DE", {}]}, "parameters.where[1]", "a text, a finite number"),
        ({"where": "x\x00"}, "parameters.where", "NUL"),
        ({"where": {"kind": "this"}}, "parameters.where", "a text, a finite number"),
        ({"where": ["a"] * 10_001}, "parameters.where", "at most 10,000 values"),
        ({"least": [1, 2]}, "parameters.least", "at most 1 values"),
        ({"least": "2"}, "parameters.least[0]", "values of the type decimal"),
        ({"least": True}, "parameters.least[0]", "values of the type decimal"),
        ({"when": "today"}, "parameters.when", "An object with keys"),
        ({"when": {"kind": "last", "n": 0}}, "parameters.when.n", "at least 1"),
        ({"when": {"kind": "last", "m": 0}}, "parameters.when.m", "no key 'm'"),
        ({"where": ["x" * 9_000] * 150}, "parameters", "at most 1 MB"),
    ],
)
def test_a_mistake_is_refused_with_its_place(data: object, place: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_parameters(asking(), data)
    assert caught.value.place == place
    assert words in caught.value.user_message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"other": (1,)}, "no parameter 'other'"),
        ({"where": LAST_WEEK}, "'Where' takes values"),
        ({"when": ("DE",)}, "'When' takes a date window"),
        ({"least": (1, 2)}, "at most 1 values"),
    ],
)
def test_values_that_a_parameter_does_not_take_are_not_bound(given: dict[str, ParameterValue], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        bind_parameters(asking(), given)


def _given(asked: ReportDefinition) -> st.SearchStrategy[dict[str, ParameterValue]]:
    """Values for some of the parameters: the defaults they have, or windows."""
    known: dict[str, st.SearchStrategy[ParameterValue]] = {
        each.name: windows() if each.type is ParameterType.WINDOW else st.just(each.default)
        for each in asked.parameters
        if each.type is ParameterType.WINDOW or each.default
    }
    return st.fixed_dictionaries({}, optional=known)


@given(st.data())
@settings(deadline=None)
def test_any_values_are_read_back_and_any_bound_definition_is_valid(data: st.DataObject) -> None:
    asked = data.draw(definitions(orders_dataset(), Variety(with_appearance=False)))
    given_values = data.draw(_given(asked))
    assert parse_parameters(asked, json.loads(json.dumps(dump_parameters(given_values)))) == given_values
    bound = bind_parameters(asked, given_values)
    validate_definition(bound, orders_dataset())
    assert parse_definition(json.loads(json.dumps(dump_definition(bound)))) == bound
    assert "parameter" not in str({key: part for key, part in dump_definition(bound).items() if key != "parameters"})


def _truth(part: Any, row: dict[str, bool]) -> bool:
    if isinstance(part, FilterGroup):
        held = [_truth(item, row) for item in part.items]
        return {Match.ALL: all(held), Match.ANY: any(held), Match.NONE: not any(held)}[part.match] or not held
    return row[part.field]


def _names(part: FilterGroup) -> set[str]:
    return {name for item in part.items for name in (_names(item) if isinstance(item, FilterGroup) else {item.field})}


_leaves = st.sampled_from(
    [condition("a", "is", 1), condition("b", "is", 1), condition("asked", "is", parameter="where")]
)
_trees = st.recursive(
    _leaves,
    lambda parts: st.builds(
        lambda items, match: matching(*items, match=match),
        st.lists(parts, min_size=1, max_size=3),
        st.sampled_from([match.value for match in Match]),
    ),
    max_leaves=8,
)


@given(_trees, st.booleans(), st.booleans())
def test_a_condition_without_a_value_never_leaves_out_a_row_that_any_value_keeps(
    tree: dict[str, Any], a: bool, b: bool
) -> None:
    asked = asking(tree)
    bound = bound_filters(asked)
    kept = [_truth(asked.filters, {"a": a, "b": b, "asked": value}) for value in (True, False)]
    if "asked" in _names(asked.filters):
        assert "asked" not in _names(bound)
    assert _truth(bound, {"a": a, "b": b}) >= any(kept)
    assert all(item.operator is Operator.IS for item in bound.items if not isinstance(item, FilterGroup))
