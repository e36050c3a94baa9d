from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from core.domain.appearance import Chart, ChartKind, ColumnOption, FormatRule, Tone
from core.domain.definition import Aggregation, Grouping, Measure, ReportDefinition, Sort, Top, Totals
from core.domain.filter import Calendar, FilterGroup, Grain, Match, Operator
from core.query.definition_diff import _PARTS, definition_diff, text_diff
from tests.definition_parts import asking, condition_on, orders_dataset, rows, shop_dataset, where
from tests.definition_strategies import definitions

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SHOP, ORDERED = shop_dataset(), orders_dataset()
COUNTRY, AMOUNT = "country", "amount"
CHILE = condition_on(COUNTRY, Operator.IS, "Chile")
PERU = condition_on(COUNTRY, Operator.IS, "Peru")
REVENUE = Measure(aggregation=Aggregation.SUM, field=AMOUNT)
ORDERS = Measure(aggregation=Aggregation.COUNT)


def diff(before, after, datasets=None):
    known = {SHOP.id: SHOP} if datasets is None else datasets
    return definition_diff(before, after, datasets=known, logical_at=NOW)


BASE = asking(groupings=(Grouping(field=COUNTRY),), measures=(REVENUE,))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"filters": where(CHILE)}, 'Filter added: Country is "Chile"'),
        ({"groupings": (Grouping(field=COUNTRY, label="Land"),)}, "Grouping Country renamed to Land"),
        ({"groupings": ()}, "Grouping removed: Country"),
        ({"measures": (REVENUE, ORDERS)}, "Measure added: Orders"),
        ({"options": (ColumnOption(key="sum__amount", label="Takings"),)}, "Column Amount renamed to Takings"),
        ({"options": (ColumnOption(key="sum__amount", is_hidden=True),)}, "Column Amount hidden"),
        ({"limit": None}, "Rows: all instead of at most 1,000"),
        ({"sort": (Sort(key="sum__amount", descending=True),)}, "Order: highest Amount first instead of as it comes"),
        ({"top": Top(n=5, by="sum__amount")}, "Groups kept: top 5 of Country by Amount instead of all"),
        ({"totals": Totals(grand=True)}, "Totals: a grand total instead of none"),
        (
            {"calendar": Calendar(week_start=7)},
            "Calendar: weeks from Sunday, years from January instead of weeks from Monday, years from January",
        ),
        ({"chart": Chart(kind=ChartKind.BAR, x=COUNTRY, y=("sum__amount",))}, "Chart added: bar of Amount by Country"),
        (
            {"rules": (FormatRule(key="sum__amount", operator=Operator.LESS, values=(0,), tone=Tone.BAD),)},
            "Marking added: bad where Amount is less than 0",
        ),
        ({"kpis": (ORDERS,)}, "Headline number added: Orders"),
    ],
)
def test_a_change_is_said_in_the_words_of_the_builder(changes, line):
    assert line in diff(BASE, replace(BASE, **changes))


def test_one_filter_in_place_of_another_is_said_twice():
    before, after = replace(BASE, filters=where(CHILE)), replace(BASE, filters=where(PERU))
    assert diff(before, after) == ('Filter removed: Country is "Chile"', 'Filter added: Country is "Peru"')


def test_a_filter_that_is_only_switched_off_or_on_is_said_to_be():
    before, after = replace(BASE, filters=where(CHILE)), replace(BASE, filters=where(replace(CHILE, is_off=True)))
    assert diff(before, after) == ('Filter switched off: Country is "Chile"',)
    assert diff(after, before) == ('Filter switched on: Country is "Chile"',)
    assert diff(BASE, after) == ('Filter added: Country is "Chile" (not applied)',)


def test_how_filters_combine_is_said():
    before = replace(BASE, filters=where(CHILE, PERU))
    after = replace(BASE, filters=FilterGroup(match=Match.ANY, items=(CHILE, PERU)))
    assert diff(before, after) == (
        'Filters: Country is "Chile" or Country is "Peru" instead of Country is "Chile" and Country is "Peru"',
    )


def test_columns_that_only_moved_are_said_to_have():
    before = rows()
    after = replace(before, columns=("amount", "country", "items"))
    assert diff(before, after) == ("Columns in another order: Amount, Country, Items",)


def test_what_is_gone_is_called_by_its_name():
    before = replace(BASE, groupings=(Grouping(field="old_region", grain=Grain.MONTH),))
    assert "Grouping removed: Old region month" in diff(before, BASE)
    assert diff(before, BASE, datasets={})


def test_texts_differ_or_do_not():
    assert text_diff("name", "Sales", "Sales") == ()
    assert text_diff("name", "Sales", "Revenue") == ("Name: Revenue instead of Sales",)


def test_every_part_of_a_definition_has_words():
    assert set(_PARTS) == {field.name for field in fields(ReportDefinition)}


@given(definitions(ORDERED), definitions(ORDERED))
@settings(max_examples=40, deadline=None)
def test_equal_definitions_differ_in_nothing_and_others_in_something(one, other):
    known = {ORDERED.id: ORDERED}
    assert diff(one, one, known) == ()
    assert bool(diff(one, other, known)) is (one != other)
    for part in _PARTS:
        changed = replace(one, **{part: getattr(other, part)})
        lines = diff(one, changed, known)
        assert bool(lines) is (changed != one), part
        assert all(line.strip() and "\n" not in line for line in lines)
