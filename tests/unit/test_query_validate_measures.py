from typing import Any

import pytest

from core.domain.definition import (
    Aggregation,
    Calculation,
    CalculationKind,
    Grouping,
    Measure,
    Parameter,
    Period,
    ReportDefinition,
)
from core.domain.field import DateStyle, Format
from core.domain.filter import DateWindow, Operator, WindowKind
from core.errors import FieldMissing
from core.query.validate import validate_definition
from tests.definition_parts import (
    COUNT,
    LAST_MONTH,
    PAID,
    REVENUE,
    asking,
    computed,
    condition_on,
    refused,
    rows,
    shop_dataset,
    where,
)

K = CalculationKind


@pytest.mark.parametrize(
    ("measure", "place", "words"),
    [
        (Measure(), "", "one of: an aggregation, a measure of the dataset, an expression"),
        (Measure(aggregation=Aggregation.SUM, field="amount", expression="count()"), "", "one of"),
        (Measure(expression="count()", field="amount", name="x"), ".field", "Only an aggregation takes a field"),
        (Measure(aggregation=Aggregation.SUM, field="amount", percent=5), ".percent", "Only a percentile"),
        (Measure(aggregation=Aggregation.PERCENTILE, field="amount"), ".percent", "from 0 to 100"),
        (Measure(aggregation=Aggregation.PERCENTILE, field="amount", percent=101), ".percent", "from 0 to 100"),
        (Measure(aggregation=Aggregation.PERCENTILE, field="amount", percent=float("nan")), ".percent", "from 0"),
        (
            Measure(aggregation=Aggregation.PERCENTILE, field="region", percent=5),
            ".aggregation",
            "Region, which is text",
        ),
        (Measure(aggregation=Aggregation.SUM, field="amount", filters=PAID), ".name", "with filters needs a name"),
        (Measure(expression="count()"), ".name", "with an expression needs a name"),
        (Measure(expression="sum(region)", name="x"), ".expression", "Character 5: sum() takes a number"),
        (Measure(expression="sum(", name="x"), ".expression", "Character 5"),
        (Measure(expression="amount", name="x"), ".expression", "'amount' is a field"),
        (Measure(expression="1 + 1", name="x"), ".expression", "use an aggregate"),
        (Measure(expression="[reventue] + count()", name="x"), ".expression", "Did you mean 'revenue'"),
        (Measure(dataset_measure="circle"), ".dataset_measure", "'Circle' of Orders leads back to itself"),
        (Measure(dataset_measure="loop"), ".dataset_measure", "'Loop' of Orders leads back to itself"),
        (Measure(dataset_measure="revenue", format=Format(decimals=16)), ".format.decimals", "0 to 15"),
        (
            Measure(dataset_measure="revenue", format=Format(date_style=DateStyle.ISO)),
            ".format.date_style",
            "Only dates",
        ),
        (
            Measure(
                aggregation=Aggregation.COUNT, name="x", filters=where(condition_on("region", Operator.GREATER, 1))
            ),
            ".filters.items[0].operator",
            "Region is text",
        ),
    ],
)
def test_a_measure_that_cannot_be_is_refused(measure: Measure, place: str, words: str) -> None:
    error = refused(asking(measures=(COUNT, measure)))
    assert error.place == f"measures[1]{place}"
    assert words in error.user_message


@pytest.mark.parametrize(
    ("definition", "place", "fields"),
    [
        (
            rows(filters=where(condition_on("x", Operator.IS, 1), condition_on("y", Operator.IS, 1))),
            "filters.items[0].field",
            "xy",
        ),
        (asking(measures=(Measure(aggregation=Aggregation.SUM, field="x"),)), "measures[0].field", "x"),
        (asking(measures=(Measure(expression="sum(x) / sum(y)", name="n"),)), "measures[0].expression", "xy"),
        (asking(measures=(Measure(dataset_measure="x"),)), "measures[0].dataset_measure", "x"),
        (asking(measures=(Measure(dataset_measure="gone"),)), "measures[0].dataset_measure", ("vanished",)),
        (asking(period=Period(field="x", window=DateWindow(kind=WindowKind.THIS))), "period.field", "x"),
        (rows(calculations=computed(expression="x + items")), "calculations[0].expression", "x"),
        (asking(parameters=(Parameter(name="p", label="P", field="x"),)), "parameters[0].field", "x"),
        (asking(groupings=(Grouping(field="x"), Grouping(field="y"))), "groupings[0].field", "xy"),
    ],
)
def test_fields_that_are_gone_are_all_named(definition: ReportDefinition, place: str, fields: Any) -> None:
    error = refused(definition)
    assert isinstance(error, FieldMissing)
    assert error.place == place
    assert error.fields == tuple(fields)


def test_a_misspelt_field_is_answered_with_the_one_that_was_meant() -> None:
    assert refused(asking(groupings=(Grouping(field="cuontry"),))).user_message == (
        "Orders has no field 'cuontry'. Did you mean 'country'?"
    )


@pytest.mark.parametrize(
    ("calculations", "place", "words"),
    [
        (computed(), ".expression", "what the column computes"),
        (computed(expression="count +"), ".expression", "Character 8"),
        (computed(expression="country + 1"), ".expression", "'+' takes numbers"),
        (computed(expression="later"), ".expression", "there is no 'later'"),
        (computed(expression="count", of="count"), ".of", "leave 'of' out"),
        (computed(K.RANK), ".of", "A rank needs the measure"),
        (computed(K.RANK, of="country"), ".of", "no measure 'country'"),
        (computed(K.SHARE, of="coutn"), ".of", "Did you mean 'count'?"),
        (computed(K.RUNNING_TOTAL, of="first"), ".of", "computed of numbers; First ordered at is a date and time"),
        (computed(K.RANK, of="count", expression="1"), ".expression", "takes no expression"),
        (computed(K.CHANGE, of="count"), ".kind", "choose a period first"),
        (computed(K.RANK, of="count", within=("items",)), ".within[0]", "no grouping 'items'"),
        (computed(K.RANK, of="count", within=("country", "country")), ".within[1]", "more than once"),
    ],
)
def test_a_calculation_that_cannot_be_is_refused(calculations: Any, place: str, words: str) -> None:
    first = Measure(aggregation=Aggregation.MIN, field="at", name="first")
    error = refused(asking(measures=(COUNT, first), calculations=calculations))
    assert error.place == f"calculations[0]{place}"
    assert words in error.user_message


def test_a_calculation_knows_only_those_before_it_and_needs_a_summary_for_measures() -> None:
    swapped = (
        Calculation(name="first", kind=K.EXPRESSION, expression="second + 1"),
        Calculation(name="second", kind=K.EXPRESSION, expression="count + 1"),
    )
    assert refused(asking(calculations=swapped)).place == "calculations[0].expression"
    validate_definition(asking(calculations=swapped[::-1]), shop_dataset())
    assert refused(rows(calculations=computed(K.RANK, of="count"))).place == "calculations[0].kind"
    within = computed(K.PREVIOUS, of="count", within=("country",))
    assert refused(asking(calculations=within, period=LAST_MONTH)).place == "calculations[0].within"


@pytest.mark.parametrize(
    ("measure", "grouping", "is_fine_without_a_key"),
    [
        (REVENUE, "country", True),
        (REVENUE, "region", True),  # the customer multiplies no order
        (REVENUE, "product", False),  # the lines multiply the orders
        (COUNT, "product", False),
        (Measure(aggregation=Aggregation.MAX, field="amount"), "product", True),
        (Measure(aggregation=Aggregation.COUNT_DISTINCT, field="order_id"), "product", True),
        (Measure(expression="sum(amount) / count()", name="n"), "product", False),
        (Measure(dataset_measure="basket"), "product", False),
        (Measure(aggregation=Aggregation.SUM, field="line_worth"), "country", True),  # one for each line
        (Measure(aggregation=Aggregation.SUM, field="weight_each"), "product", False),
    ],
)
def test_rows_that_a_join_multiplies_need_a_key(measure: Measure, grouping: str, is_fine_without_a_key: bool) -> None:
    definition = asking(measures=(measure,), groupings=(Grouping(field=grouping),))
    validate_definition(definition, shop_dataset())
    if is_fine_without_a_key:
        validate_definition(definition, shop_dataset(row_key=()))
    else:
        error = refused(definition, shop_dataset(row_key=()))
        assert error.place == "measures[0]"
        assert "row key" in error.user_message


def test_a_filter_over_the_joined_rows_multiplies_headline_figures_too() -> None:
    definition = asking(measures=(), kpis=(COUNT,), filters=where(condition_on("product", Operator.IS, "a")))
    assert refused(definition, shop_dataset(row_key=())).place == "kpis[0]"
    validate_definition(asking(measures=(), kpis=(COUNT,)), shop_dataset(row_key=()))
