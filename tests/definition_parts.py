"""Datasets, and definitions over them: what tests that open no source ask."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.definition import (
    Aggregation,
    Calculation,
    CalculationKind,
    Grouping,
    Measure,
    Parameter,
    ParameterType,
    Period,
    ReportDefinition,
)
from core.domain.definition_json import parse_definition
from core.domain.field import Field, FieldType, Format, NumberStyle
from core.domain.filter import Condition, DateWindow, FilterGroup, Grain, Operator, WindowKind
from core.domain.relation import Cardinality, Join, JoinKey, TableOrigin
from core.errors import InvalidDefinition
from core.query.validate import validate_definition

DATASET_ID = UUID("00000000-0000-0000-0000-0000000000d1")
ORGANIZATION_ID = UUID("00000000-0000-0000-0000-0000000000a1")
SOURCE_ID = UUID("00000000-0000-0000-0000-0000000000c1")
#: A Monday morning in New York.
NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


def orders_dataset() -> Dataset:
    """The table `orders` as a dataset."""
    return Dataset(
        id=DATASET_ID,
        organization_id=ORGANIZATION_ID,
        source_id=SOURCE_ID,
        name="orders",
        label="Orders",
        origin=TableOrigin(table_name="orders"),
        fields=(
            Field(name="at", label="Ordered at", type=FieldType.DATETIME),
            Field(name="shipped_on", label="Shipped on", type=FieldType.DATE),
            Field(name="country", label="Country", type=FieldType.TEXT),
            Field(name='note "x"', label="Note", type=FieldType.TEXT),
            Field(name="is_paid", label="Paid", type=FieldType.BOOLEAN),
            Field(name="items", label="Items", type=FieldType.INTEGER, is_measure=True),
            Field(name="amount", label="Amount", type=FieldType.DECIMAL, is_measure=True, format=Format(unit="EUR")),
            Field(name="weight", label="Weight", type=FieldType.DECIMAL, is_measure=True),
            Field(name="order_id", label="Order ID", type=FieldType.INTEGER, format=Format(style=NumberStyle.PLAIN)),
        ),
        time_field="at",
        row_noun="orders",
    )


def definition(**parts: Any) -> ReportDefinition:
    """A definition over the orders, in the form that JSON has."""
    return parse_definition({"dataset_id": str(DATASET_ID), **parts})


def condition(field: str, operator: str, *values: Any, **rest: Any) -> dict[str, Any]:
    """A condition in the form that JSON has."""
    return {"field": field, "operator": operator, "values": list(values), **rest}


def matching(*items: dict[str, Any], match: str = "all") -> dict[str, Any]:
    """A filter group in the form that JSON has."""
    return {"match": match, "items": list(items)}


def shop_dataset(**changes: Any) -> Dataset:
    """The orders with their customer (many to one) and their lines (one to many), and measures of the catalog."""
    orders = orders_dataset()
    parts: dict[str, Any] = {
        "row_key": ("order_id",),
        "joins": (
            Join(name="customer", table=TableOrigin(table_name="customers"), keys=(_key("customer_id", "id"),)),
            Join(
                name="lines",
                table=TableOrigin(table_name="order_lines"),
                keys=(_key("order_id", "order_id"),),
                cardinality=Cardinality.ONE_TO_MANY,
                row_key=("line_id",),
            ),
        ),
        "fields": (
            *orders.fields,
            Field(name="region", label="Region", type=FieldType.TEXT, table="customer"),
            Field(name="credit", label="Credit", type=FieldType.DECIMAL, table="customer", scale=2),
            Field(name="quantity", label="Quantity", type=FieldType.INTEGER, table="lines"),
            Field(name="product", label="Product", type=FieldType.TEXT, table="lines"),
            Field(name="weight_each", label="Weight each", type=FieldType.DECIMAL, expression="weight / items"),
            Field(name="line_worth", label="Line worth", type=FieldType.DECIMAL, expression="quantity * amount"),
        ),
        "measures": (
            DatasetMeasure(
                name="revenue",
                label="Revenue",
                measure=Measure(aggregation=Aggregation.SUM, field="amount", filters=PAID),
                format=Format(style=NumberStyle.CURRENCY, decimals=2, unit="EUR"),
            ),
            DatasetMeasure(
                name="basket", label="Basket", measure=Measure(expression="[revenue] / count()"), description="A mean."
            ),
            DatasetMeasure(name="takings", label="Takings", measure=Measure(dataset_measure="revenue")),
            DatasetMeasure(name="circle", label="Circle", measure=Measure(expression="[circle] + 1")),
            DatasetMeasure(name="loop", label="Loop", measure=Measure(dataset_measure="loop")),
            DatasetMeasure(name="gone", label="Gone", measure=Measure(aggregation=Aggregation.SUM, field="vanished")),
        ),
    }
    return replace(orders, **(parts | changes))


#: Holds for paid orders.
PAID = FilterGroup(items=(Condition(field="is_paid", operator=Operator.IS, values=(True,)),))


def _key(left: str, right: str) -> JoinKey:
    return JoinKey(left=left, right=right)


COUNT = Measure(aggregation=Aggregation.COUNT)
REVENUE = Measure(aggregation=Aggregation.SUM, field="amount")
BY_COUNTRY = Grouping(field="country")
BY_MONTH = Grouping(field="at", grain=Grain.MONTH)
LAST_MONTH = Period(field="at", window=DateWindow(kind=WindowKind.LAST))
REGION = Parameter(name="region", label="Region", field="region", is_list=True)
SINCE = Parameter(name="since", label="Since", type=ParameterType.WINDOW)


def asking(**parts: Any) -> ReportDefinition:
    """A valid summary but for `parts`."""
    given: dict[str, Any] = {"groupings": (BY_COUNTRY, BY_MONTH), "measures": (COUNT, REVENUE)}
    return ReportDefinition(dataset_id=DATASET_ID, **(given | parts))


def rows(**parts: Any) -> ReportDefinition:
    """A valid report of rows."""
    return ReportDefinition(dataset_id=DATASET_ID, columns=("country", "items", "amount"), **parts)


def where(*items: Condition) -> FilterGroup:
    """A filter that all items hold for."""
    return FilterGroup(items=items)


def condition_on(field: str, operator: Operator, *values: Any, **rest: Any) -> Condition:
    """A condition."""
    return Condition(field=field, operator=operator, values=values, **rest)


def computed(kind: CalculationKind = CalculationKind.EXPRESSION, **parts: Any) -> tuple[Calculation, ...]:
    """One calculation called `new`."""
    return (Calculation(name="new", kind=kind, **parts),)


def refused(definition: ReportDefinition, dataset: Dataset | None = None) -> InvalidDefinition:
    """What `validate_definition` says against it."""
    with pytest.raises(InvalidDefinition) as caught:
        validate_definition(definition, dataset or shop_dataset())
    return caught.value
