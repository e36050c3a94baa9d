"""The datasets over the tables: plain facts, a star, and the same star with a join that leaves rows out."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.definition import Aggregation, Measure
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, FilterGroup, Operator
from core.domain.relation import Cardinality, Join, JoinKey, TableOrigin
from tests.oracle.tables import Table, facts, star

_ORGANIZATION, _SOURCE = UUID(int=1), UUID(int=2)
_T, _I, _D, _DAY = FieldType.TEXT, FieldType.INTEGER, FieldType.DECIMAL, FieldType.DATE
_PAID = FilterGroup(items=(Condition(field="paid", operator=Operator.IS, values=(True,)),))


def facts_dataset() -> Dataset:
    """The facts with computed fields and measures of the catalog."""
    table = facts(1)
    return Dataset(
        id=UUID(int=10),
        organization_id=_ORGANIZATION,
        source_id=_SOURCE,
        name="facts",
        label="Facts",
        origin=_origin(table),
        row_key=("id",),
        fields=(
            *_fields(table),
            _computed("local_day", _DAY, "date(at)"),
            _computed("hour", _I, "hour(at)"),
            _computed("size", _T, "case(items is empty, 'none', items > 4, 'large', items < 0, 'back', 'small')"),
            _computed("worth", _D, "amount * items"),
            _computed("each", _D, "amount / items"),
            _computed("tag", _T, "concat(lower(left(country, 2)), '-', items)"),
            _computed("due", _DAY, "add_months(shipped, 1)"),
            _computed("wait", _I, "days_between(shipped, date(at))"),
            _computed("best", _D, "greatest(amount, weight, 0)"),
            _computed("odd", _I, "items % 3"),
        ),
        measures=(
            _measure("revenue", Measure(aggregation=Aggregation.SUM, field="amount", filters=_PAID)),
            _measure("basket", Measure(expression="[revenue] / count()")),
            _measure("spread", Measure(expression="max(weight) - min(weight)")),
        ),
        time_field="at",
    )


def star_dataset() -> Dataset:
    """Order lines in their star, with the tickets of their customers."""
    tables = {table.name: table for table in star()}
    return Dataset(
        id=UUID(int=11),
        organization_id=_ORGANIZATION,
        source_id=_SOURCE,
        name="star",
        label="Order lines",
        origin=_origin(tables["order_lines"]),
        row_key=("line_id",),
        joins=(
            _join("orders", tables, "order_id"),
            _join("customers", tables, "customer_id", left="orders"),
            _join("regions", tables, "region_id", left="customers"),
            _join("products", tables, "sku"),
            _join("tickets", tables, "customer_id", left="customers", row_key=("ticket_id",)),
        ),
        fields=(
            *_fields(tables["order_lines"], only=("quantity", "price", "is_gift", "sku")),
            *_fields(tables["orders"], join="orders", only=("ordered_at", "channel", "shipping")),
            *_fields(tables["customers"], join="customers", only=("name", "credit", "since")),
            *_fields(tables["regions"], join="regions", only=("region", "population")),
            *_fields(tables["products"], join="products", only=("product", "list_price", "grams")),
            *_fields(tables["tickets"], join="tickets", only=("severity", "minutes", "hours")),
            _computed("line_worth", _D, "quantity * price"),
            _computed("list_worth", _D, "quantity * list_price"),
            _computed("is_rich", FieldType.BOOLEAN, "credit > 20"),
        ),
        measures=(
            _measure("takings", Measure(aggregation=Aggregation.SUM, field="line_worth")),
            _measure("per_minute", Measure(expression="[takings] / sum(minutes)")),
        ),
        time_field="ordered_at",
    )


def required_dataset() -> Dataset:
    """The star without the lines whose product or region is not known."""
    plain = star_dataset()
    joins = tuple(replace(join, is_required=join.name in ("products", "regions")) for join in plain.joins)
    return replace(plain, id=UUID(int=12), name="required", joins=joins)


def _join(
    name: str, tables: dict[str, Table], key: str, *, left: str | None = None, row_key: Sequence[str] = ()
) -> Join:
    return Join(
        name=name,
        table=_origin(tables[name]),
        keys=(JoinKey(left=key, right=key),),
        left=left,
        cardinality=Cardinality.ONE_TO_MANY if row_key else Cardinality.MANY_TO_ONE,
        row_key=tuple(row_key),
    )


def _origin(table: Table) -> TableOrigin:
    return TableOrigin(table_name=table.name, columns=table.columns)


def _fields(table: Table, *, join: str | None = None, only: Sequence[str] = ()) -> list[Field]:
    return [
        Field(name=each.name, label=each.name, type=each.type, scale=each.scale, table=join, column=each.name)
        for each in table.columns
        if not only or each.name in only
    ]


def _computed(name: str, kind: FieldType, expression: str) -> Field:
    return Field(name=name, label=name, type=kind, expression=expression)


def _measure(name: str, measure: Measure) -> DatasetMeasure:
    return DatasetMeasure(name=name, label=name, measure=measure)
