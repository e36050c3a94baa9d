"""The SQL of every kind of origin, join, step and field: one golden file per case and dialect.

`UPDATE_GOLDEN=1` writes the files anew; read the difference before keeping it.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, select

from core.catalog.sources.duckdb_sql import DIALECT
from core.catalog.sources.statement import compile_statement, in_lines
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, FilterGroup, Operator
from core.domain.relation import (
    BucketStep,
    CastStep,
    ComputeStep,
    FillStep,
    FilterStep,
    JoinKey,
    LookUpStep,
    MapStep,
    PivotStep,
    RenameStep,
    SplitStep,
    SqlOrigin,
    Step,
    TableOrigin,
    UnionStep,
    Unmapped,
    UnpivotStep,
)
from core.query.relation import build_relation, columns_after
from tests.relation_parts import (
    FUNCTIONS,
    columns,
    customers_dataset,
    dataset,
    join,
    lines_dataset,
    named,
    statement_of,
    table,
)

GOLDEN = Path(__file__).parent / "golden" / "relation" / "duckdb"

CHEAP = FilterGroup(items=(Condition(field="price", operator=Operator.LESS, values=(10,)),))
STEPS: dict[str, tuple[Step, ...]] = {
    "cast": (CastStep(column="price", type=FieldType.INTEGER),),
    "rename": (RenameStep(column="product", into="name"),),
    "map_kept": (MapStep(column="sku", into="sku", values=(("a", "Apple"), ("b", "Pear"))),),
    "map_others": (MapStep(column="price", into="word", values=((1, "one"),), unmapped=Unmapped.OTHER, other="some"),),
    "bucket": (BucketStep(column="price", into="size", bounds=(1, 2.5)),),
    "split": (SplitStep(column="product", separator=" ", into=("first", "second")),),
    "fill": (FillStep(column="product", value="?"), FillStep(column="price", value=0)),
    "filter": (FilterStep(filters=CHEAP),),
    "compute": (ComputeStep(into="gross", expression="round(price * 1.19, 2)"),),
    "union": (UnionStep(table=table("products_2025", "price:i sku:t")),),
    "look_up": (
        LookUpStep(
            table=table("brands", "sku:t brand:t country:t"),
            keys=(JoinKey(left="sku", right="sku"),),
            columns=("brand", "country"),
            prefix="its ",
        ),
    ),
    "pivot": (
        PivotStep(
            keys=("product",), column="sku", values=("a", "b"), aggregation=Aggregation.SUM, value_column="price"
        ),
    ),
    "unpivot": (UnpivotStep(columns=("sku", "product"), name_into="what", value_into="text"),),
    "one_after_the_other": (
        FillStep(column="price", value=0),
        FilterStep(filters=CHEAP),
        ComputeStep(into="double", expression="price * 2"),
        BucketStep(column="double", into="size", bounds=(5,)),
        CastStep(column="sku", type=FieldType.INTEGER),
    ),
}


def after(*steps: Step) -> Dataset:
    """Products after steps, a field for each column."""
    bare = dataset(table("products"), steps=steps, fields=())
    fields = [Field(name=column.name, label=column.name, type=column.type) for column in columns_after(bare)]
    return dataset(bare.origin, steps=steps, fields=fields)


def statements() -> dict[str, Select[Any]]:
    quoted = TableOrigin(schema_name="Sales", table_name='pro"ducts', columns=columns("sku:t"))
    saved = SqlOrigin(sql="SELECT sku, ':x 100%' AS note FROM products -- all", columns=columns("sku:t note:t"))
    lines = lines_dataset()
    gross = Field(name="gross", label="Gross", type=FieldType.DECIMAL, expression="quantity * [products.price] * 1.19")
    computed = dataset(lines.origin, *lines.joins, fields=(*lines.fields, gross))
    keyed = build_relation(customers_dataset(), FUNCTIONS, used=("credit", "visits.seconds", "orders.shipping"))
    first = after(*STEPS["split"])
    return {
        "table": statement_of(dataset(table("products"))),
        "table_in_a_schema": statement_of(dataset(quoted)),
        "saved_sql": statement_of(dataset(saved)),
        "saved_sql_joined": statement_of(dataset(saved, join("products", "sku")), "note", "products.price"),
        "join_chain": statement_of(lines, "line_id", "regions.region"),
        "join_star": statement_of(lines, "quantity", "orders.shipping", "products.product"),
        "join_required": statement_of(
            dataset(table("order_lines"), join("orders", "order_id", is_required=True)), "sku"
        ),
        "join_chasm": statement_of(customers_dataset(), "credit", "order_lines.quantity", "visits.seconds"),
        "join_after_steps": statement_of(
            dataset(first.origin, join("lines", "first=sku", table=table("order_lines")), steps=first.steps),
            "product",
            "lines.quantity",
        ),
        "row_keys": select(
            *(named(key, name or "base") for name in (None, "visits") for key in keyed.row_key(name))
        ).select_from(keyed.source),
        "expression_field": statement_of(computed, "gross"),
        **{f"step_{name}": statement_of(after(*steps)) for name, steps in STEPS.items()},
        "step_left_out": statement_of(after(*STEPS["split"], *STEPS["fill"]), "price"),
    }


CASES = sorted(statements())


@pytest.mark.parametrize("case", CASES)
def test_the_sql_is_the_golden_one(case: str) -> None:
    compiled = compile_statement(statements()[case], DIALECT)
    lines = [line.strip() for line in in_lines(compiled.sql).splitlines()]
    values = [f"-- ${number} = {value!r}" for number, value in enumerate(compiled.parameters, start=1)]
    text = "\n".join([*lines, *values, ""])
    file = GOLDEN / f"{case}.sql"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


def test_there_is_no_golden_file_without_a_case() -> None:
    assert sorted(file.stem for file in GOLDEN.iterdir()) == CASES


def test_every_kind_of_step_has_a_golden_file() -> None:
    assert {type(step) for steps in STEPS.values() for step in steps} == set(Step.__args__)


def test_no_value_of_a_step_is_in_the_sql() -> None:
    poison = "x'; DROP TABLE products; --"
    steps = (
        MapStep(column="sku", into="sku", values=((poison, poison),), unmapped=Unmapped.OTHER, other=poison),
        FillStep(column="product", value=poison),
        FilterStep(filters=FilterGroup(items=(Condition(field="sku", operator=Operator.IS, values=(poison,)),))),
        BucketStep(column="price", into="size", bounds=(1,), labels=(poison, poison)),
    )
    compiled = compile_statement(statement_of(after(*steps)), DIALECT)
    assert "DROP" not in compiled.sql
    assert sum(value == poison for value in compiled.parameters) == 7
