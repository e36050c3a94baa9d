"""Drags, clicks and keys as edits: each gives a definition that still hangs together, which the validator confirms."""

from dataclasses import replace

import pytest

from core.domain.definition import Aggregation, Grouping
from core.domain.filter import Grain
from core.query.validate import aggregations_for, validate_definition
from pages.widgets import edits
from pages.widgets.field_moves import Move, across_of, moved, rows_of
from tests.screens.fake_data import SUMMARY, USAGE

BY_COUNTRY = replace(SUMMARY, groupings=(*SUMMARY.groupings, Grouping(field="country"), Grouping(field="plan")))


def condenses(field):
    return [how for how in aggregations_for(field.type) if how is not Aggregation.COUNT]


def after(definition, do, what, **more):
    made = moved(definition, USAGE, Move(do=do, what=what, **more), condenses)
    validate_definition(edits.complete(made), USAGE)
    return made


def rows(definition):
    return [g.key for g in rows_of(definition)]


def across(definition):
    return [g.key for g in across_of(definition)]


def test_a_field_is_dragged_to_rows_columns_and_values():
    made = after(SUMMARY, "place", "field:country", target="rows", at=0)
    assert rows(made) == ["country", "started_at__month"]
    made = after(made, "place", "field:plan", target="columns")
    assert (rows(made), across(made)) == (["country", "started_at__month"], ["plan"])
    made = after(made, "place", "field:pages", target="values", at=0)
    assert [m.key for m in made.measures][1:] == ["count", "sum__revenue"]
    assert made.measures[0].field == "pages"


def test_a_grouping_is_carried_between_rows_and_columns_and_back():
    spread = after(BY_COUNTRY, "place", "country", source="rows", target="columns")
    assert (rows(spread), across(spread)) == (["started_at__month", "plan"], ["country"])
    both = after(spread, "place", "plan", source="rows", target="columns", at=0)
    assert across(both) == ["plan", "country"]
    back = after(both, "place", "country", source="columns", target="rows", at=0)
    assert (rows(back), across(back)) == (["country", "started_at__month"], ["plan"])
    assert back.sort == SUMMARY.sort


def test_a_figure_becomes_a_grouping_and_a_grouping_a_figure():
    grouped = after(SUMMARY, "place", "sum__revenue", source="values", target="rows")
    assert rows(grouped) == ["started_at__month", "revenue"]
    assert [m.key for m in grouped.measures] == ["count"]
    counted = after(BY_COUNTRY, "place", "country", source="rows", target="values")
    assert "country" not in rows(counted)
    assert counted.measures[-1].field == "country"


def test_the_last_figure_leaves_the_number_of_rows_behind():
    only = replace(SUMMARY, measures=SUMMARY.measures[1:], kpis=())
    assert after(only, "place", "sum__revenue", source="values", target="columns").measures == (edits.COUNT,)


def test_figures_change_their_order():
    made = after(SUMMARY, "place", "sum__revenue", source="values", target="values", at=0)
    assert [m.key for m in made.measures] == ["sum__revenue", "count"]


def test_a_second_figure_of_a_field_is_condensed_another_way():
    made = after(SUMMARY, "place", "field:revenue", target="values")
    assert len({m.key for m in made.measures}) == 3


def test_a_date_changes_its_grain_and_everything_follows():
    made = after(SUMMARY, "grain", "started_at__month", value="quarter")
    assert made.groupings[0].grain is Grain.QUARTER
    assert made.sort[0].key == "started_at__quarter"
    assert after(made, "grain", "started_at__quarter", value="").groupings[0].grain is None
    twice = replace(SUMMARY, groupings=(*SUMMARY.groupings, Grouping(field="started_at", grain=Grain.YEAR)))
    assert after(twice, "grain", "started_at__month", value="year") == twice


def test_rows_have_one_place():
    plain = edits.to_rows(SUMMARY, USAGE)
    made = after(plain, "place", plain.columns[2], source="table", target="table", at=0)
    assert made.columns[0] == plain.columns[2]
    without = after(made, "remove", plain.columns[2], source="table")
    assert set(without.columns) == set(plain.columns) - {plain.columns[2]}
    assert after(without, "place", f"field:{plain.columns[2]}", target="table", at=1).columns[1] == plain.columns[2]
    assert after(plain, "place", "field:pages", target="rows") == plain


def test_what_is_removed_takes_its_traces_along():
    spread = after(BY_COUNTRY, "place", "plan", source="rows", target="columns")
    assert after(spread, "remove", "plan", source="columns").pivot is None
    assert after(SUMMARY, "remove", "count", source="values").measures == SUMMARY.measures[1:]


@pytest.mark.parametrize(
    "sent",
    [
        {"do": "place", "what": "field:nobody", "to": "rows"},
        {"do": "place", "what": "field:country", "to": "nowhere"},
        {"do": "place", "what": "measure:nobody", "to": "values"},
        {"do": "toggle", "what": "measure:nobody"},
        {"do": "toggle", "what": "nobody"},
        {"do": "grain", "what": "started_at__month", "value": "fortnight"},
        {"do": "condense", "what": "sum__revenue", "value": "mode"},
        {"do": "condense", "what": "count", "value": "sum"},
        {"do": "remove", "what": "nobody", "from": "values"},
        {"do": "drop table", "what": "country"},
    ],
    ids=lambda sent: f"{sent['do']} {sent['what']}",
)
def test_a_move_that_names_nothing_changes_nothing(sent):
    assert moved(SUMMARY, USAGE, Move.of(sent), condenses) == SUMMARY


def test_what_is_no_move_is_none():
    assert Move.of("country") is None
    assert Move.of({"do": "place", "what": "field:country", "to": "rows", "at": -1}).at is None
