"""The shape of filters: whatever groups are made, moved and dissolved, the conditions stay and it can be saved."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.definition_json import dump_definition, parse_definition
from core.domain.filter import Condition, FilterGroup, Match, Operator
from core.domain.filter_models import MAX_FILTER_DEPTH
from core.domain.json_values import MAX_COLUMNS
from core.query.validate import validate_definition
from pages.widgets import filter_edits, operands
from pages.widgets.mend import conditions_in
from tests.screens.fake_data import SUMMARY, USAGE


def only(name, value):
    return Condition(field=name, operator=Operator.IS, values=(value,))


JAPAN, TEAM, PRESS, FREE = (
    only(name, value)
    for name, value in (("country", "Japan"), ("plan", "Team"), ("product", "Press"), ("plan", "Free"))
)
FLAT = FilterGroup(items=(JAPAN, TEAM, PRESS))
NESTED = FilterGroup(items=(JAPAN, FilterGroup(match=Match.ANY, items=(TEAM, PRESS))))


def any_of(*items):
    return FilterGroup(match=Match.ANY, items=items)


def all_of(*items):
    return FilterGroup(items=items)


def test_two_filters_make_a_group_where_the_first_stood():
    assert filter_edits.wrapped(FLAT, (2,), 0) == all_of(any_of(JAPAN, PRESS), TEAM)
    assert filter_edits.wrapped(FLAT, (1,)) == all_of(JAPAN, any_of(TEAM), PRESS)


def test_a_filter_moves_into_a_group_and_out_again():
    inside = filter_edits.moved(NESTED, (0,), (1,))
    assert inside == all_of(any_of(TEAM, PRESS, JAPAN))
    assert filter_edits.moved(inside, (0, 2), ()) == all_of(any_of(TEAM, PRESS), JAPAN)


def test_a_group_that_loses_its_last_filter_goes_and_those_around_it_too():
    deep = all_of(JAPAN, any_of(all_of(TEAM)))
    assert filter_edits.moved(deep, (1, 0, 0), ()) == all_of(JAPAN, TEAM)
    assert filter_edits.dropped(deep, (1, 0, 0)) == all_of(JAPAN)
    assert filter_edits.dropped(all_of(any_of(TEAM)), (0, 0)) == all_of()


def test_a_group_is_turned_dissolved_and_emptied():
    assert filter_edits.turned(NESTED, (1,), Match.NONE).items[1].match is Match.NONE
    assert filter_edits.turned(NESTED, (), Match.ANY).match is Match.ANY
    assert filter_edits.dissolved(NESTED, (1,)) == FLAT
    assert filter_edits.dissolved(NESTED, ()) == NESTED
    assert filter_edits.dropped(NESTED, (1,)) == all_of(JAPAN)
    assert filter_edits.dropped(replace(NESTED, match=Match.ANY), ()) == any_of()
    assert filter_edits.dissolved(all_of(JAPAN, any_of()), (1,)) == all_of(JAPAN)


def test_a_group_moves_with_all_it_holds_but_not_into_itself():
    two = all_of(any_of(JAPAN), any_of(TEAM, all_of(PRESS)))
    assert filter_edits.moved(two, (1,), (0,)) == all_of(any_of(JAPAN, any_of(TEAM, all_of(PRESS))))
    assert filter_edits.moved(two, (1,), (1, 1)) == two
    assert filter_edits.moved(two, (1,), (1,)) == two
    assert filter_edits.targets(two, (1,)) == [(), (0,)]
    assert filter_edits.targets(two, (1, 0)) == [(), (0,), (1,), (1, 1)]


def test_an_item_is_put_appended_and_dropped_at_its_place():
    assert filter_edits.with_item_at(NESTED, (1, 1), FREE).items[1] == any_of(TEAM, FREE)
    assert filter_edits.with_item_at(NESTED, (1, 2), FREE).items[1] == any_of(TEAM, PRESS, FREE)
    assert filter_edits.with_item_at(NESTED, (1, 1), None).items[1] == any_of(TEAM)


def test_groups_nest_no_deeper_than_a_definition_can_hold():
    deepest = JAPAN
    for _ in range(MAX_FILTER_DEPTH):
        deepest = all_of(deepest, TEAM)
    inside = (0,) * (MAX_FILTER_DEPTH - 1)
    assert filter_edits.depth(deepest) == MAX_FILTER_DEPTH
    assert filter_edits.wrapped(deepest, (*inside, 0), 1) == deepest
    assert filter_edits.partners(deepest, (*inside, 0)) == []
    assert filter_edits.partners(deepest, (*inside[:-1], 1)) == []
    assert filter_edits.wrapped(deepest, (1,)) != deepest


def test_a_group_lists_no_more_than_a_definition_can_hold():
    full = all_of(FilterGroup(items=(JAPAN,) * MAX_COLUMNS), TEAM)
    assert filter_edits.moved(full, (1,), (0,)) == full
    assert filter_edits.targets(full, (1,)) == [()]


def test_a_condition_has_no_items():
    with pytest.raises(TypeError):
        filter_edits.group_at(NESTED, (0,))


@pytest.mark.parametrize(
    ("operator", "values", "position", "number", "expected"),
    [
        (Operator.AT_LEAST, (3,), 1, 9, (Operator.BETWEEN, (3, 9))),
        (Operator.AT_LEAST, (3,), 0, None, (Operator.AT_LEAST, ())),
        (Operator.AT_LEAST, (), 1, 9.5, (Operator.AT_MOST, (9.5,))),
        (Operator.AT_MOST, (9,), 0, 3.0, (Operator.BETWEEN, (3, 9))),
        (Operator.AT_MOST, (9,), 1, None, (Operator.AT_LEAST, ())),
        (Operator.AT_MOST, (), 0, 3, (Operator.AT_LEAST, (3,))),
        (Operator.BETWEEN, (3, 9), 0, None, (Operator.AT_MOST, (9,))),
        (Operator.BETWEEN, (3, 9), 1, None, (Operator.AT_LEAST, (3,))),
        (Operator.NOT_BETWEEN, (3, 9), 1, 12, (Operator.NOT_BETWEEN, (3, 12))),
        (Operator.LESS, (3,), 0, 4, (Operator.LESS, (4,))),
    ],
)
def test_the_sides_of_a_range_that_are_filled_say_what_it_is(operator, values, position, number, expected):
    item = Condition(field="pages", operator=operator, values=values)
    changed = operands.with_number(item, position, number)
    assert (changed.operator, changed.values) == expected


items = st.recursive(
    st.sampled_from((JAPAN, TEAM, PRESS, FREE)),
    lambda inner: st.builds(
        FilterGroup, match=st.sampled_from(Match), items=st.lists(inner, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=8,
)
groups = st.builds(FilterGroup, match=st.sampled_from(Match), items=st.lists(items, max_size=4).map(tuple))


def paths_in(group, *, of_items):
    for path in filter_edits.group_paths(group):
        if not of_items:
            yield path
        else:
            yield from ((*path, position) for position in range(len(filter_edits.group_at(group, path).items)))


def one_edit(data, group):
    """Any edit that rearranges; none of them may lose a condition."""
    places = list(paths_in(group, of_items=True))
    frames = list(paths_in(group, of_items=False))
    kind = data.draw(st.sampled_from(("turn", "dissolve", "wrap", "move") if places else ("turn", "dissolve")))
    if kind == "turn":
        return filter_edits.turned(group, data.draw(st.sampled_from(frames)), data.draw(st.sampled_from(Match)))
    if kind == "dissolve":
        return filter_edits.dissolved(group, data.draw(st.sampled_from(frames)))
    path = data.draw(st.sampled_from(places))
    if kind == "move":
        return filter_edits.moved(group, path, data.draw(st.sampled_from(frames)))
    siblings = len(filter_edits.group_at(group, path[:-1]).items)
    return filter_edits.wrapped(group, path, data.draw(st.none() | st.integers(0, siblings - 1)))


@settings(max_examples=120, deadline=None)
@given(st.data(), groups.filter(lambda group: filter_edits.depth(group) <= MAX_FILTER_DEPTH))
def test_any_sequence_of_group_edits_keeps_the_conditions_and_a_definition_that_holds(data, group):
    leaves = Counter(conditions_in(group))
    for _ in range(data.draw(st.integers(1, 8))):
        group = one_edit(data, group)
        assert Counter(conditions_in(group)) == leaves
        assert all(filter_edits.group_at(group, path).items for path in filter_edits.group_paths(group) if path)
    definition = replace(SUMMARY, filters=group)
    validate_definition(definition, USAGE)
    assert parse_definition(dump_definition(definition)) == definition
