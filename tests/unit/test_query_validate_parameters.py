import pytest

from core.domain.definition import (
    Aggregation,
    Measure,
    Parameter,
    ParameterType,
    Period,
)
from core.domain.field import FieldType
from core.domain.filter import Condition, DateWindow, Operator, WindowKind
from core.query.validate import validate_definition
from tests.definition_parts import LAST_MONTH, REGION, SINCE, asking, condition_on, refused, shop_dataset, where


@pytest.mark.parametrize(
    ("item", "place", "words"),
    [
        (condition_on("items", Operator.BETWEEN, 10, 5), "values[1]", "swap its two values"),
        (condition_on("at", Operator.BETWEEN, "2026-03-01", "2026-02-01"), "values[1]", "swap"),
        (condition_on("shipped_on", Operator.NOT_BETWEEN, "2026-03-01", "2026-02-01"), "values[1]", "swap"),
        (condition_on("items", Operator.IS, 1, ignore_case=True), "ignore_case", "Only texts have a case"),
        (condition_on("amount", Operator.IS, float("nan")), "values[0]", "takes a number"),
        (condition_on("items", Operator.IS, float("inf")), "values[0]", "takes a whole number"),
        (condition_on("country", Operator.IS, parameter="nope"), "parameter", "no parameter 'nope'"),
        (condition_on("country", Operator.IS, parameter="since"), "parameter", "'Since' does not ask for values"),
        (condition_on("at", Operator.IN_WINDOW, parameter="region"), "parameter", "does not ask for a span of days"),
        (
            condition_on("items", Operator.IS, parameter="region"),
            "parameter",
            "'Region' asks for text; Items is",
        ),
        (condition_on("items", Operator.AT_LEAST, parameter="numbers"), "parameter", "'Numbers' asks for several"),
        (condition_on("items", Operator.BETWEEN, parameter="number"), "parameter", "'Number' asks for one"),
        (condition_on("items", Operator.IS_EMPTY, parameter="number"), "parameter", "takes no value"),
        (
            condition_on("at", Operator.IN_WINDOW, window=DateWindow(kind=WindowKind.LAST, n=0)),
            "window.n",
            "at least one unit",
        ),
    ],
)
def test_a_condition_that_cannot_be_is_refused(item: Condition, place: str, words: str) -> None:
    parameters = (
        REGION,
        SINCE,
        Parameter(name="number", label="Number", value_type=FieldType.DECIMAL),
        Parameter(name="numbers", label="Numbers", value_type=FieldType.INTEGER, is_list=True),
    )
    used = tuple(
        condition_on(*parts, parameter=name)
        for name, parts in {
            "region": ("region", Operator.IS),
            "since": ("at", Operator.IN_WINDOW),
            "number": ("amount", Operator.LESS),
            "numbers": ("items", Operator.BETWEEN),
        }.items()
    )
    error = refused(asking(filters=where(*used, item), parameters=parameters))
    assert error.place == f"filters.items[4].{place}"
    assert words in error.user_message


@pytest.mark.parametrize(
    ("parameter", "place", "words"),
    [
        (Parameter(name="p", label="P"), "field", "one of both"),
        (Parameter(name="p", label="P", field="region", value_type=FieldType.TEXT), "field", "one of both"),
        (Parameter(name="p", label="P", field="region", default=("a", "b")), "default", "'P' takes one value"),
        (Parameter(name="p", label="P", field="items", is_list=True, default=(1, "b")), "default[1]", "a whole number"),
        (
            Parameter(name="p", label="P", value_type=FieldType.DATE, default=("2026-02-30",)),
            "default[0]",
            "P takes a day",
        ),
        (Parameter(name="p", label="P", field="region", default_window=LAST_MONTH.window), "default_window", "Only"),
        (Parameter(name="p", label="P", type=ParameterType.WINDOW, field="at"), "field", "no field"),
        (Parameter(name="p", label="P", type=ParameterType.WINDOW, is_list=True), "is_list", "not for several"),
        (Parameter(name="p", label="P", type=ParameterType.WINDOW, default=(1,)), "default", "'default_window'"),
        (
            Parameter(
                name="p", label="P", type=ParameterType.WINDOW, default_window=DateWindow(kind=WindowKind.BETWEEN)
            ),
            "default_window.first_on",
            "needs a first",
        ),
        (Parameter(name="since", label="P", value_type=FieldType.TEXT), "name", "two parameters 'since'"),
        (Parameter(name="", label="P", value_type=FieldType.TEXT), "name", "needs a name"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(parameter: Parameter, place: str, words: str) -> None:
    error = refused(asking(parameters=(SINCE, parameter)))
    assert error.place == f"parameters[1].{place}"
    assert words in error.user_message


def test_a_parameter_has_to_be_used_somewhere() -> None:
    error = refused(asking(parameters=(REGION,)))
    assert error.place == "parameters[0]"
    assert "Nothing uses the parameter 'Region'" in error.user_message
    only_paid = Measure(
        aggregation=Aggregation.COUNT, name="n", filters=where(condition_on("region", Operator.IS, parameter="region"))
    )
    for parts in ({"measures": (only_paid,)}, {"kpis": (only_paid,)}):
        validate_definition(asking(parameters=(REGION,), **parts), shop_dataset())
    wrong = Period(field="at", window=DateWindow(kind=WindowKind.THIS), parameter="region")
    assert refused(asking(period=wrong, parameters=(REGION,))).place == "period.parameter"
