from typing import Any

import pytest

from core.domain.field import FieldType
from core.domain.filter import Operator
from core.errors import InvalidDefinition
from core.query.validate import aggregations_for, operators_for, validate_definition
from tests.definition_parts import condition, definition, matching, orders_dataset

ONE = {"columns": ["country"]}


@pytest.mark.parametrize(
    ("parts", "place", "words"),
    [
        ({}, "columns", "Choose at least one column"),
        ({**ONE, "measures": [{"aggregation": "count"}]}, "columns", "not both"),
        ({"columns": ["nope"]}, "columns[0]", "Orders has no field 'nope'"),
        ({"groupings": [{"field": "nope"}]}, "groupings[0].field", "no field 'nope'"),
        ({"groupings": [{"field": "country", "grain": "day"}]}, "groupings[0].grain", "Country is text"),
        ({"measures": [{"aggregation": "sum", "field": "country"}]}, "measures[0].aggregation", "A sum does not work"),
        ({"measures": [{"aggregation": "sum"}]}, "measures[0].field", "needs a field"),
        ({"measures": [{"aggregation": "count", "field": "items"}]}, "measures[0].field", "takes no field"),
        ({**ONE, "kpis": [{"aggregation": "min", "field": "at"}]}, "kpis[0]", "headline figure is a number"),
        ({**ONE, "timezone": "Mars/Olympus"}, "timezone", 'no timezone "Mars/Olympus"'),
        ({**ONE, "timezone": "../../etc/passwd"}, "timezone", "no timezone"),
        ({**ONE, "sort": [{"key": "amount"}]}, "sort[0].key", "no column 'amount'"),
        ({**ONE, "sort": [{"key": "country"}, {"key": "country"}]}, "sort[1].key", "more than once"),
        ({**ONE, "chart": {"kind": "bar", "x": "nope", "y": ["country"]}}, "chart.x", "'nope' to draw"),
        ({**ONE, "chart": {"kind": "bar", "x": "country", "y": ["count"]}}, "chart.y[0]", "'count' to draw"),
        ({**ONE, "period": {"field": "country", "window": {"kind": "this"}}}, "period.field", "Country is text"),
        ({**ONE, "period": {"field": "at", "window": {"kind": "between"}}}, "period.window.first_on", "needs a first"),
        (
            {**ONE, "period": {"field": "at", "window": {"kind": "last", "first_on": "2026-01-01"}}},
            "period.window.first_on",
            "kind 'between'",
        ),
        (
            {
                **ONE,
                "period": {
                    "field": "at",
                    "window": {"kind": "between", "first_on": "2026-02-01", "last_on": "2026-01-01"},
                },
            },
            "period.window.last_on",
            "lies before",
        ),
    ],
)
def test_what_does_not_fit_the_dataset_is_refused_with_its_place(parts: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        validate_definition(definition(**parts), orders_dataset())
    assert caught.value.place == place
    assert words in caught.value.user_message


@pytest.mark.parametrize(
    ("item", "place", "words"),
    [
        (condition("amount", "contains", "1"), "operator", "'Contains' works on text; Amount is a number."),
        (condition("country", "greater", "1"), "operator", "'Greater' works on numbers and dates; Country is text."),
        (condition("country", "in_window"), "operator", "'In window' works on dates; Country is text."),
        (condition("nope", "is", 1), "field", "no field 'nope'"),
        (condition("country", "is"), "values", "takes at least 1 value, not 0"),
        (condition("items", "between", 1), "values", "takes exactly 2 values, not 1"),
        (condition("country", "is_empty", "x"), "values", "takes no values, not 1"),
        (condition("items", "is", 1, 1.5), "values[1]", "whole numbers; 1.5"),
        (condition("items", "is", 2**63), "values[0]", "larger than any value"),
        (condition("items", "is", True), "values[0]", "takes a whole number"),
        (condition("items", "is", "1"), "values[0]", "takes a whole number; '1' is not"),
        (condition("is_paid", "is", "true"), "values[0]", "true or false"),
        (condition("country", "is", 1), "values[0]", "takes a text"),
        (condition("shipped_on", "is", "2026-02-30"), "values[0]", "takes a day such as"),
        (condition("shipped_on", "is", "2026-02-20T10:00"), "values[0]", "leave the time out"),
        (condition("at", "is", "yesterday"), "values[0]", "or a time such as"),
        (condition("at", "at_least", "0001-01-01"), "values[0]", "outside the calendar"),
        (condition("at", "in_window"), "window", "which span Ordered at"),
        (condition("at", "is", "2026-01-01", window={"kind": "this"}), "window", "takes no window"),
        (condition("at", "in_window", window={"kind": "between"}), "window.first_on", "needs a first"),
    ],
)
def test_a_condition_that_cannot_be_is_refused_with_its_place(item: dict[str, Any], place: str, words: str) -> None:
    parts = {**ONE, "filters": matching(condition("country", "is", "DE"), matching(item))}
    with pytest.raises(InvalidDefinition) as caught:
        validate_definition(definition(**parts), orders_dataset())
    assert caught.value.place == f"filters.items[1].items[0].{place}"
    assert words in caught.value.user_message


def test_every_operator_and_aggregation_is_offered_somewhere_and_emptiness_everywhere() -> None:
    assert {operator for kind in FieldType for operator in operators_for(kind)} == set(Operator)
    for kind in FieldType:
        assert Operator.IS_EMPTY in operators_for(kind)
        assert aggregations_for(kind)
