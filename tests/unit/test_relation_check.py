"""Datasets that cannot be answered, or would be answered wrongly, are refused, and the refusal says where."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.definition import Aggregation, Measure
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, DateUnit, DateWindow, FilterGroup, Operator, WindowKind
from core.domain.relation import (
    BucketStep,
    Cardinality,
    CastStep,
    ComputeStep,
    FillStep,
    FilterStep,
    JoinKey,
    LookUpStep,
    MapStep,
    PivotStep,
    RenameStep,
    SourceColumn,
    SplitStep,
    SqlOrigin,
    Step,
    TableOrigin,
    UnionStep,
    UnpivotStep,
)
from core.errors import FieldMissing, InvalidDataset
from core.query.relation import build_relation, check_dataset, columns_after
from tests.relation_parts import FUNCTIONS, columns, customers_dataset, dataset, join, lines_dataset, table

WIDE = "id:i word:t amount:d2 weight:d is_new:b day:D at:T"
TEXT = FieldType.TEXT


def only(field: str, operator: Operator, *values: Any, **rest: Any) -> FilterStep:
    return FilterStep(filters=FilterGroup(items=(Condition(field=field, operator=operator, values=values, **rest),)))


def look_up(**parts: Any) -> LookUpStep:
    given = {
        "table": table("products"),
        "keys": (JoinKey(left="word", right="sku"),),
        "columns": ("price",),
    }
    return LookUpStep(**(given | parts))


def pivot(**parts: Any) -> PivotStep:
    given = {"keys": ("word",), "column": "is_new", "values": (True,), "aggregation": Aggregation.COUNT}
    return PivotStep(**(given | parts))


STEPS_REFUSED: list[tuple[Step, str]] = [
    (CastStep(column="gone", type=TEXT), "column"),
    (CastStep(column="day", type=FieldType.INTEGER), "type"),
    (CastStep(column="is_new", type=FieldType.DATETIME), "type"),
    (RenameStep(column="gone", into="x"), "column"),
    (RenameStep(column="word", into="id"), "into"),
    (RenameStep(column="word", into="ID"), "into"),
    (RenameStep(column="word", into=" "), "into"),
    (RenameStep(column="word", into="ä" * 32), "into"),
    (RenameStep(column="word", into="a\x00b"), "into"),
    (MapStep(column="gone", into="x", values=(("a", "b"),)), "column"),
    (MapStep(column="word", into="id", values=(("a", "b"),)), "into"),
    (MapStep(column="word", into="word", values=()), "values"),
    (MapStep(column="word", into="word", values=(("a", "b"), (1, "c"))), "values[1]"),
    (MapStep(column="word", into="word", values=(("a", "b"), ("a", "c"))), "values[1]"),
    (MapStep(column="id", into="x", values=((1.5, "b"),)), "values[0]"),
    (MapStep(column="id", into="x", values=((2**63, "b"),)), "values[0]"),
    (MapStep(column="day", into="x", values=(("2026-02-30", "b"),)), "values[0]"),
    (BucketStep(column="word", into="x", bounds=(1,)), "column"),
    (BucketStep(column="amount", into="x", bounds=()), "bounds"),
    (BucketStep(column="amount", into="x", bounds=(1, 1)), "bounds[1]"),
    (BucketStep(column="amount", into="x", bounds=(1, float("inf"))), "bounds[1]"),
    (BucketStep(column="amount", into="x", bounds=(float("nan"),)), "bounds[0]"),
    (BucketStep(column="amount", into="x", bounds=(1,), labels=("a",)), "labels"),
    (BucketStep(column="amount", into="word", bounds=(1,)), "into"),
    (SplitStep(column="id", separator="-", into=("a",)), "column"),
    (SplitStep(column="word", separator="", into=("a",)), "separator"),
    (SplitStep(column="word", separator="-", into=()), "into"),
    (SplitStep(column="word", separator="-", into=("a", "A")), "into[1]"),
    (FillStep(column="gone", value=1), "column"),
    (FillStep(column="id", value="one"), "value"),
    (FillStep(column="is_new", value=1), "value"),
    (only("gone", Operator.IS, 1), "filters.items[0].field"),
    (only("id", Operator.CONTAINS, "1"), "filters.items[0].operator"),
    (only("id", Operator.IS, "one"), "filters.items[0].values[0]"),
    (only("id", Operator.IS, parameter="which"), "filters"),
    (only("day", Operator.IN_WINDOW, window=DateWindow(kind=WindowKind.LAST, unit=DateUnit.DAY)), "filters"),
    (ComputeStep(into="id", expression="1"), "into"),
    (ComputeStep(into="x", expression="1 +"), "expression"),
    (ComputeStep(into="x", expression="gone + 1"), "expression"),
    (ComputeStep(into="x", expression="word + 1"), "expression"),
    (ComputeStep(into="x", expression="sum(id)"), "expression"),
    (ComputeStep(into="x", expression="null"), "expression"),
    (UnionStep(table=TableOrigin(table_name="unknown")), "table"),
    (UnionStep(table=table("x", "other:t")), "table"),
    (UnionStep(table=table("x", "id:t")), "table"),
    (look_up(table=TableOrigin(table_name="unknown")), "table"),
    (look_up(keys=()), "keys"),
    (look_up(keys=(JoinKey(left="gone", right="sku"),)), "keys[0].left"),
    (look_up(keys=(JoinKey(left="word", right="gone"),)), "keys[0].right"),
    (look_up(keys=(JoinKey(left="id", right="sku"),)), "keys[0]"),
    (look_up(columns=()), "columns"),
    (look_up(columns=("gone",)), "columns[0]"),
    (look_up(table=table("x", "sku:t word:t"), columns=("word",)), "columns[0]"),
    (pivot(keys=()), "keys"),
    (pivot(keys=("word", "word")), "keys[1]"),
    (pivot(column="gone"), "column"),
    (pivot(values=()), "values"),
    (pivot(values=("x",)), "values[0]"),
    (pivot(column="id", values=(1, 1)), "values[1]"),
    (pivot(column="word", values=("",)), "values[0]"),
    (pivot(value_column="id"), "value_column"),
    (pivot(aggregation=Aggregation.SUM), "value_column"),
    (pivot(aggregation=Aggregation.SUM, value_column="word"), "aggregation"),
    (pivot(aggregation=Aggregation.PERCENTILE, value_column="id"), "aggregation"),
    (UnpivotStep(columns=(), name_into="n", value_into="v"), "columns"),
    (UnpivotStep(columns=("id", "word"), name_into="n", value_into="v"), "columns[1]"),
    (UnpivotStep(columns=("id", "id"), name_into="n", value_into="v"), "columns[1]"),
    (UnpivotStep(columns=("id",), name_into="word", value_into="v"), "name_into"),
    (UnpivotStep(columns=("id",), name_into="n", value_into="N"), "value_into"),
]


@pytest.mark.parametrize(
    ("step", "place"), STEPS_REFUSED, ids=[f"{step.kind}-{place}" for step, place in STEPS_REFUSED]
)
def test_a_step_that_cannot_be_is_refused_at_its_place(step: Step, place: str) -> None:
    subject = dataset(table("wide", WIDE), steps=(RenameStep(column="weight", into="mass"), step), fields=())
    with pytest.raises(InvalidDataset) as refused:
        columns_after(subject)
    assert refused.value.place == f"steps[1].{place}"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (CastStep(column="id", type=TEXT), "id:t word:t amount:d2 weight:d is_new:b day:D at:T"),
        (CastStep(column="id", type=FieldType.DECIMAL), "id:d0 word:t amount:d2 weight:d is_new:b day:D at:T"),
        (CastStep(column="word", type=FieldType.DECIMAL), "id:i word:d amount:d2 weight:d is_new:b day:D at:T"),
        (RenameStep(column="word", into="name"), "id:i name:t amount:d2 weight:d is_new:b day:D at:T"),
        (MapStep(column="id", into="id", values=((1, "a"),)), "id:t word:t amount:d2 weight:d is_new:b day:D at:T"),
        (FillStep(column="amount", value=0.125), "id:i word:t amount:d3 weight:d is_new:b day:D at:T"),
        (ComputeStep(into="x", expression="amount * 1.5"), f"{WIDE} x:d3"),
        (ComputeStep(into="x", expression="amount / 2"), f"{WIDE} x:d"),
        (ComputeStep(into="x", expression="if(is_new, amount, id)"), f"{WIDE} x:d2"),
        (ComputeStep(into="x", expression="days_between(day, at)"), f"{WIDE} x:i"),
        (UnionStep(table=table("x", "amount:d4")), "id:i word:t amount:d4 weight:d is_new:b day:D at:T"),
        (UnionStep(table=table("x", "amount:d")), "id:i word:t amount:d weight:d is_new:b day:D at:T"),
        (look_up(prefix="p_"), f"{WIDE} p_price:d2"),
        (pivot(aggregation=Aggregation.SUM, value_column="amount"), "word:t true:d2"),
        (pivot(aggregation=Aggregation.AVERAGE, value_column="amount"), "word:t true:d"),
        (
            UnpivotStep(columns=("amount", "weight"), name_into="n", value_into="v"),
            "id:i word:t is_new:b day:D at:T n:t v:d",
        ),
    ],
)
def test_the_columns_after_a_step_are_typed(step: Step, expected: str) -> None:
    assert columns_after(dataset(table("wide", WIDE), steps=(step,), fields=())) == columns(expected)


def test_a_pivots_columns_are_named_after_its_values() -> None:
    days = pivot(keys=("id",), column="day", values=("2026-01-31", date(2026, 2, 1)))
    names = [column.name for column in columns_after(dataset(table("wide", WIDE), steps=(days,), fields=()))]
    assert names == ["id", "2026-01-31", "2026-02-01"]
    at = pivot(keys=("id",), column="at", values=(datetime(2026, 1, 31, 12, tzinfo=UTC),))
    assert columns_after(dataset(table("wide", WIDE), steps=(at,), fields=()))[1].name == "2026-01-31 12:00:00+00:00"


# --- whole datasets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", [lines_dataset(), customers_dataset(), dataset(table("wide", WIDE))])
def test_a_dataset_without_fault_passes(subject: Dataset) -> None:
    check_dataset(subject, "duckdb")


def changed(base: Dataset, **parts: Any) -> Dataset:
    return replace(base, **parts)


def with_field(base: Dataset, **parts: Any) -> Dataset:
    return replace(base, fields=(Field(**({"name": "new", "label": "New", "type": FieldType.INTEGER} | parts)),))


def with_measures(*measures: Measure) -> Dataset:
    named = [DatasetMeasure(name=f"m{index}", label="M", measure=measure) for index, measure in enumerate(measures)]
    return replace(lines_dataset(), measures=tuple(named))


LINES = lines_dataset()
COUNTED = Measure(aggregation=Aggregation.COUNT)
CHASM = "[orders.order_id] + [visits.seconds]"
REFUSED: list[tuple[Dataset, str]] = [
    (changed(LINES, origin=TableOrigin(table_name="")), "origin.table_name"),
    (dataset(SqlOrigin(sql="DROP TABLE x", columns=columns("a:i"))), "origin.sql"),
    (dataset(SqlOrigin(sql="SELECT 1 AS a", columns=())), "origin.columns"),
    (dataset(SqlOrigin(sql="SELECT 1 AS a", columns=columns("a:i A:i"))), "origin.columns[1].name"),
    (dataset(TableOrigin(table_name="x"), steps=(RenameStep(column="a", into="b"),)), "origin.columns"),
    (dataset(table("products"), join("", "sku", table=table("order_lines"))), "joins[0].name"),
    (dataset(table("orders"), join("customers", "customer_id"), join("customers", "customer_id")), "joins[1].name"),
    (dataset(table("orders"), join("customers", "customer_id", left="later")), "joins[0].left"),
    (dataset(table("orders"), join("customers")), "joins[0].keys"),
    (dataset(table("orders"), join("customers", "gone=customer_id")), "joins[0].keys[0].left"),
    (dataset(table("orders"), join("customers", "customer_id=gone")), "joins[0].keys[0].right"),
    (dataset(table("orders"), join("products", "order_id=sku")), "joins[0].keys[0]"),
    (dataset(table("orders"), join("customers", "customer_id", row_key=("gone",))), "joins[0].row_key[0]"),
    (changed(LINES, row_key=("gone",)), "row_key[0]"),
    (changed(customers_dataset(), row_key=()), "row_key"),
    (
        changed(
            customers_dataset(),
            joins=tuple(replace(one, row_key=()) for one in customers_dataset().joins),
        ),
        "joins[0].row_key",
    ),
    (changed(LINES, fields=LINES.fields[:1] * 2), "fields[1].name"),
    (with_field(LINES, table="gone", column="x"), "fields[0].table"),
    (with_field(LINES, column="gone"), "fields[0].column"),
    (with_field(LINES, column="sku"), "fields[0].type"),
    (with_field(LINES, expression="quantity + 1"), "fields[0].expression"),
    (with_field(LINES, expression="new + 1"), "fields[0].expression"),
    (with_field(LINES, expression="1.5"), "fields[0].type"),
    (with_field(LINES, expression="1", column="quantity"), "fields[0].expression"),
    (
        changed(
            customers_dataset(),
            fields=(
                *customers_dataset().fields,
                Field(name="mixed", label="Mixed", type=FieldType.INTEGER, expression=CHASM),
            ),
        ),
        f"fields[{len(customers_dataset().fields)}].expression",
    ),
    (changed(LINES, time_field="gone"), "time_field"),
    (changed(LINES, time_field="sku"), "time_field"),
    (with_measures(Measure(aggregation=Aggregation.SUM, field="sku")), "measures[0].measure.aggregation"),
    (with_measures(COUNTED, Measure(expression="sum(gone)")), "measures[1].measure.expression"),
    (with_measures(Measure(expression="m1 + 1"), Measure(expression="m0 + 1")), "measures[0].measure.expression"),
]


@pytest.mark.parametrize(("subject", "place"), REFUSED, ids=[f"{n}-{place}" for n, (_, place) in enumerate(REFUSED)])
def test_a_dataset_with_a_fault_is_refused_at_its_place(subject: Dataset, place: str) -> None:
    with pytest.raises(InvalidDataset) as refused:
        check_dataset(subject, "duckdb")
    assert refused.value.place == place


def test_a_field_that_leads_back_to_itself_is_refused() -> None:
    one = Field(name="one", label="One", type=FieldType.INTEGER, expression="two + 1")
    two = Field(name="two", label="Two", type=FieldType.INTEGER, expression="one + 1")
    subject = replace(LINES, fields=(one, two))
    with pytest.raises(InvalidDataset, match="computed of itself"):
        check_dataset(subject, "duckdb")
    with pytest.raises(InvalidDataset, match="computed of itself"):
        build_relation(subject, FUNCTIONS, used=("one",))


# --- fan-out -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "multiplied"),
    [
        (("quantity",), set()),
        (("quantity", "products.price"), {"products"}),
        (("quantity", "regions.region"), {"orders", "customers", "regions"}),
    ],
)
def test_rows_that_many_share_come_more_than_once(used: tuple[str, ...], multiplied: set[str]) -> None:
    relation = build_relation(LINES, FUNCTIONS, used=used)
    assert {name for name in relation.tables if relation.multiplies(name)} == multiplied


@pytest.mark.parametrize(
    ("used", "multiplied"),
    [
        (("credit",), set()),
        (("credit", "regions.region"), {"regions"}),
        (("credit", "visits.seconds"), {None}),
        (("credit", "orders.shipping"), {None}),
        (("credit", "order_lines.quantity"), {None, "orders"}),
        (("credit", "orders.shipping", "visits.seconds"), {None, "orders", "visits"}),
        (("regions.region", "visits.seconds"), {None, "regions"}),
    ],
)
def test_rows_that_have_many_come_more_than_once(used: tuple[str, ...], multiplied: set[str | None]) -> None:
    relation = build_relation(customers_dataset(), FUNCTIONS, used=used)
    assert {name for name in relation.tables if relation.multiplies(name)} == multiplied


def test_one_to_one_multiplies_nothing() -> None:
    subject = dataset(table("orders"), join("customers", "customer_id", cardinality=Cardinality.ONE_TO_ONE))
    relation = build_relation(subject, FUNCTIONS, used=("order_id", "customers.credit"))
    assert not relation.multiplies(None)
    assert not relation.multiplies("customers")


def test_only_joins_that_are_needed_are_made() -> None:
    assert [one.name for one in build_relation(LINES, FUNCTIONS, used=("quantity",)).joins] == []
    assert [one.name for one in build_relation(LINES, FUNCTIONS, used=("regions.region",)).joins] == [
        "orders",
        "customers",
        "regions",
    ]
    required = replace(LINES, joins=(*LINES.joins[:1], replace(LINES.joins[1], is_required=True), *LINES.joins[2:]))
    assert [one.name for one in build_relation(required, FUNCTIONS, used=()).joins] == ["orders", "customers"]


def test_only_a_plain_table_has_a_table() -> None:
    products = dataset(table("products"))
    assert build_relation(products, FUNCTIONS, used=("sku",)).table == products.origin
    assert build_relation(LINES, FUNCTIONS, used=("quantity",)).table == LINES.origin
    assert build_relation(LINES, FUNCTIONS, used=("orders.shipping",)).table is None
    stepped = dataset(table("products"), steps=(CastStep(column="sku", type=FieldType.INTEGER),))
    assert build_relation(stepped, FUNCTIONS, used=("price",)).table is None
    assert (
        build_relation(dataset(SqlOrigin(sql="SELECT 1 AS a", columns=columns("a:i"))), FUNCTIONS, used=()).table
        is None
    )


def test_an_expression_describes_the_finest_rows_it_reads() -> None:
    expressions = {
        "a": ("quantity * [products.price]", None),
        "b": ("[orders.shipping] * 2", "orders"),
        "c": ("[customers.credit] - [orders.shipping]", "orders"),
        "d": ("1", None),
    }
    fields = tuple(
        Field(name=name, label=name, type=FieldType.DECIMAL, expression=text) for name, (text, _) in expressions.items()
    )
    relation = build_relation(replace(LINES, fields=LINES.fields + fields), FUNCTIONS, used=tuple(expressions))
    assert {name: relation.owner_of(name) for name in expressions} == {
        name: owner for name, (_, owner) in expressions.items()
    }


def test_a_row_key_that_is_needed_and_not_there_is_said() -> None:
    relation = build_relation(replace(customers_dataset(), row_key=()), FUNCTIONS, used=("visits.seconds",))
    with pytest.raises(InvalidDataset, match="row key"):
        relation.row_key(None)


def test_what_is_gone_is_named() -> None:
    with pytest.raises(FieldMissing) as missing:
        build_relation(LINES, FUNCTIONS, used=("nowhere",))
    assert missing.value.fields == ("nowhere",)
    gone = replace(LINES, fields=(Field(name="x", label="Ex", type=TEXT, column="dropped"),))
    with pytest.raises(FieldMissing, match="Ex") as missing:
        build_relation(gone, FUNCTIONS, used=("x",))
    assert missing.value.fields == ("x",)


def test_a_table_without_columns_has_those_that_fields_name() -> None:
    fields = (
        Field(name="a", label="A", type=FieldType.INTEGER),
        Field(name="b", label="B", type=TEXT, column="a text"),
        Field(name="c", label="C", type=FieldType.INTEGER, expression="a + 1"),
    )
    assert columns_after(dataset(TableOrigin(table_name="x"), fields=fields)) == (
        SourceColumn(name="a", type=FieldType.INTEGER),
        SourceColumn(name="a text", type=TEXT),
    )
