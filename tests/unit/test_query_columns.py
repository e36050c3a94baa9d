from typing import Any

import pytest

from core.domain.appearance import ColumnOption
from core.domain.definition import (
    Aggregation,
    Calculation,
    CalculationKind,
    Comparison,
    Grouping,
    Measure,
)
from core.domain.field import DateStyle, FieldType, Format, NumberStyle
from core.domain.filter import Calendar, Grain
from core.domain.result import ColumnRole, ResultColumn
from core.errors import FieldMissing, InvalidDefinition
from core.query.columns import grouping_label, measure_column, resolve_measure, result_columns
from tests.definition_parts import BY_COUNTRY, COUNT, PAID, REVENUE, asking, rows, shop_dataset

SHOP = shop_dataset()
FISCAL = Calendar(fiscal_year_start=4)
EUR = Format(style=NumberStyle.CURRENCY, decimals=2, unit="EUR")
K = CalculationKind
TEXT, INTEGER, DECIMAL = FieldType.TEXT, FieldType.INTEGER, FieldType.DECIMAL
DATE, DATETIME = FieldType.DATE, FieldType.DATETIME
PLAIN = Format(style=NumberStyle.PLAIN)
PERCENT = Format(style=NumberStyle.PERCENT, decimals=1)
WHOLE, TWO = Format(decimals=0), Format(decimals=2)


@pytest.mark.parametrize(
    ("grain", "calendar", "label", "kind", "written"),
    [
        ("day", Calendar(), "Ordered at (day)", DATE, Format()),
        ("week", Calendar(week_start=7), "Ordered at (week)", DATE, Format()),
        ("month", FISCAL, "Ordered at (month)", DATE, Format(date_style=DateStyle.MONTH)),
        ("quarter", Calendar(), "Ordered at (quarter)", DATE, Format(date_style=DateStyle.QUARTER)),
        ("quarter", FISCAL, "Ordered at (fiscal quarter)", DATE, Format(date_style=DateStyle.MONTH)),
        ("year", Calendar(), "Ordered at (year)", DATE, Format(date_style=DateStyle.YEAR)),
        ("year", FISCAL, "Ordered at (fiscal year)", DATE, Format(date_style=DateStyle.MONTH)),
        ("iso_week", FISCAL, "Ordered at (ISO week)", TEXT, PLAIN),
        ("hour_of_day", FISCAL, "Ordered at (hour of day)", INTEGER, PLAIN),
        ("day_of_week", FISCAL, "Ordered at (day of week)", INTEGER, PLAIN),
        ("quarter_of_year", FISCAL, "Ordered at (quarter of fiscal year)", INTEGER, PLAIN),
    ],
)
def test_a_grain_gives_the_type_and_the_style_of_its_values(
    grain: str, calendar: Calendar, label: str, kind: FieldType, written: Format
) -> None:
    grouping = Grouping(field="at", grain=Grain(grain))
    (column,) = result_columns(asking(groupings=(grouping,), measures=(), calendar=calendar), SHOP)
    assert column == ResultColumn(key=f"at__{grain}", label=label, type=kind, role=ColumnRole.DIMENSION, format=written)


def test_a_grouping_goes_by_its_own_label_and_keeps_the_fields_scale() -> None:
    assert grouping_label(Grouping(field="at", grain=Grain.DAY, label="Day"), SHOP) == "Day"
    (column,) = result_columns(asking(groupings=(Grouping(field="credit"),), measures=()), SHOP)
    assert (column.label, column.scale) == ("Credit", 2)


def aggregated(aggregation: str, field: str | None = None, **parts: Any) -> Measure:
    return Measure(aggregation=Aggregation(aggregation), field=field, **parts)


@pytest.mark.parametrize(
    ("measure", "key", "label", "kind", "written", "scale"),
    [
        (COUNT, "count", "Orders", INTEGER, WHOLE, None),
        (REVENUE, "sum__amount", "Amount", DECIMAL, Format(unit="EUR"), None),
        (aggregated("sum", "credit"), "sum__credit", "Credit", DECIMAL, Format(), 2),
        (aggregated("max", "credit"), "max__credit", "Highest credit", DECIMAL, Format(), 2),
        (aggregated("average", "credit"), "average__credit", "Average credit", DECIMAL, TWO, None),
        (
            aggregated("percentile", "items", percent=90),
            "percentile_90__items",
            "90th percentile of items",
            DECIMAL,
            TWO,
            None,
        ),
        (
            aggregated("percentile", "items", percent=22),
            "percentile_22__items",
            "22nd percentile of items",
            DECIMAL,
            TWO,
            None,
        ),
        (
            aggregated("percentile", "items", percent=11),
            "percentile_11__items",
            "11th percentile of items",
            DECIMAL,
            TWO,
            None,
        ),
        (
            aggregated("percentile", "items", percent=99.5),
            "percentile_99.5__items",
            "99.5th percentile of items",
            DECIMAL,
            TWO,
            None,
        ),
        (aggregated("min", "at"), "min__at", "First ordered at", DATETIME, Format(), None),
        (aggregated("count", name="paid_orders", filters=PAID), "paid_orders", "Paid orders", INTEGER, WHOLE, None),
        (Measure(dataset_measure="revenue"), "measure__revenue", "Revenue", DECIMAL, EUR, None),
        (Measure(dataset_measure="takings", name="x", label="Sales", format=WHOLE), "x", "Sales", DECIMAL, WHOLE, None),
        (Measure(dataset_measure="basket"), "measure__basket", "Basket", DECIMAL, TWO, None),
        (
            Measure(expression="count() - count_distinct(items)", name="net_count"),
            "net_count",
            "Net count",
            INTEGER,
            WHOLE,
            None,
        ),
        (Measure(expression="max(country)", name="last", label="Last one"), "last", "Last one", TEXT, Format(), None),
    ],
)
def test_a_measure_of_each_kind_has_its_column(
    measure: Measure, key: str, label: str, kind: FieldType, written: Format, scale: int | None
) -> None:
    assert measure_column(measure, SHOP) == ResultColumn(
        key=key, label=label, type=kind, role=ColumnRole.MEASURE, format=written, scale=scale
    )


def test_a_catalog_measure_is_replaced_by_what_it_stands_for_and_both_filters_hold() -> None:
    resolved = resolve_measure(Measure(dataset_measure="takings", filters=PAID), SHOP)
    assert (resolved.aggregation, resolved.field, resolved.dataset_measure) == (Aggregation.SUM, "amount", None)
    assert (resolved.key, resolved.label, resolved.format) == ("measure__takings", "Takings", EUR)
    assert resolved.filters.items == (PAID, PAID)
    assert resolve_measure(REVENUE, SHOP) is REVENUE
    with pytest.raises(FieldMissing, match="no measure 'nope'"):
        resolve_measure(Measure(dataset_measure="nope"), SHOP)
    with pytest.raises(InvalidDefinition, match="leads back to itself"):
        resolve_measure(Measure(dataset_measure="loop"), SHOP)


@pytest.mark.parametrize(
    ("calculation", "label", "kind", "written"),
    [
        (
            Calculation(name="c", kind=K.RUNNING_TOTAL, of="sum__amount"),
            "Amount (running total)",
            DECIMAL,
            Format(unit="EUR"),
        ),
        (Calculation(name="c", kind=K.RUNNING_TOTAL, of="count"), "Orders (running total)", INTEGER, WHOLE),
        (Calculation(name="c", kind=K.SHARE, of="count"), "Orders (share)", DECIMAL, PERCENT),
        (Calculation(name="c", kind=K.RANK, of="sum__amount"), "Amount (rank)", INTEGER, WHOLE),
        (Calculation(name="c", kind=K.PREVIOUS, of="count"), "Orders (previous period)", INTEGER, WHOLE),
        (
            Calculation(name="c", kind=K.CHANGE, of="sum__amount", against=Comparison.PREVIOUS_YEAR),
            "Amount (change on year before)",
            DECIMAL,
            Format(unit="EUR"),
        ),
        (Calculation(name="c", kind=K.CHANGE_PERCENT, of="count"), "Orders (change %)", DECIMAL, PERCENT),
        (
            Calculation(name="c", kind=K.SHARE, of="count", label="Part", format=Format(decimals=3)),
            "Part",
            DECIMAL,
            Format(decimals=3),
        ),
        (Calculation(name="c", kind=K.EXPRESSION, expression="[sum__amount] / count"), "C", DECIMAL, TWO),
        (Calculation(name="c", kind=K.EXPRESSION, expression="count * 2", label="Twice"), "Twice", INTEGER, WHOLE),
    ],
)
def test_a_calculation_of_each_kind_has_its_column(
    calculation: Calculation, label: str, kind: FieldType, written: Format
) -> None:
    *_, column = result_columns(asking(calculations=(calculation,)), SHOP)
    assert column == ResultColumn(key="c", label=label, type=kind, role=ColumnRole.MEASURE, format=written)


def test_options_change_how_columns_are_called_written_and_sized_and_what_is_computed_of_them_follows() -> None:
    definition = asking(
        groupings=(BY_COUNTRY,),
        measures=(COUNT,),
        calculations=(
            Calculation(name="total", kind=K.RUNNING_TOTAL, of="count"),
            Calculation(name="next", kind=K.EXPRESSION, expression="if(total > 1, 'many', 'one')"),
        ),
        options=(
            ColumnOption(key="count", label="Sold", format=Format(unit="pcs"), width=9, is_hidden=True),
            ColumnOption(key="next", label="How many"),
        ),
    )
    _, count, total, text = result_columns(definition, SHOP)
    assert (count.label, count.format, count.width, count.is_hidden) == ("Sold", Format(unit="pcs"), 9, True)
    assert total.label == "Sold (running total)"
    assert (total.format, total.width, total.is_hidden) == (Format(unit="pcs"), None, False)
    assert (text.label, text.type, text.role) == ("How many", TEXT, ColumnRole.DIMENSION)


def test_rows_have_their_fields_and_what_is_computed_of_any_field() -> None:
    calculation = Calculation(name="each", kind=K.EXPRESSION, expression="weight / items")
    columns = result_columns(rows(calculations=(calculation,)), SHOP)
    assert [column.key for column in columns] == ["country", "items", "amount", "each"]
    assert (columns[2].format, columns[3].type) == (Format(unit="EUR"), DECIMAL)


def test_the_columns_are_those_the_definition_names_in_its_order() -> None:
    definition = asking(calculations=(Calculation(name="r", kind=K.RANK, of="count"),))
    assert tuple(column.key for column in result_columns(definition, SHOP)) == definition.column_keys


def test_a_field_that_is_gone_is_named() -> None:
    with pytest.raises(FieldMissing) as caught:
        result_columns(asking(groupings=(Grouping(field="vanished"),)), SHOP)
    assert caught.value.fields == ("vanished",)
