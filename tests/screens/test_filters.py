"""Filters as chips and groups of them as frames: edited, removed, nested, and bad input refused in place."""

from dataclasses import replace

import pytest

from core.domain.filter import Condition, DateUnit, DateWindow, FilterGroup, Match, Operator, WindowKind
from core.domain.relation import FilterStep
from pages.widgets import keys

from . import dataset_screen, fake_data

SUMMARY = fake_data.make_id("Usage Summary")


def only(name, value):
    return Condition(field=name, operator=Operator.IS, values=(value,))


JAPAN, TEAM, PRESS = only("country", "Japan"), only("plan", "Team"), only("product", "Press")
GROUP = FilterGroup(match=Match.ANY, items=(TEAM, PRESS))


@pytest.fixture
def opened(services, open_screen):
    """Open the builder on a report with a filter, some of its chips open."""

    def open_it(*items, match=Match.ALL, chips=(), **parts):
        report = services.reports.items[SUMMARY]
        definition = replace(report.definition, filters=FilterGroup(match=match, items=items), **parts)
        services.reports.items[SUMMARY] = replace(report, definition=definition)
        app = open_screen("builder.py", report=str(SUMMARY))
        return with_open(app, *chips)

    return open_it


def with_open(app, *chips):
    for chip in chips:
        app.session_state[chip] = True
    app.run()
    assert not app.exception
    return app


def draft(app):
    return app.session_state[keys.DRAFTS][app.session_state[keys.DRAFT]]


def filters(app):
    return draft(app).definition.filters


def said(app):
    return " ".join(item.value for kind in (app.caption, app.markdown) for item in kind).replace("\\", "")


def labels(app):
    return [block.proto.popover.label.replace("\\", "") for block in app.get("popover")]


def test_the_x_of_a_chip_takes_it_out_and_one_undo_brings_it_back(opened):
    app = opened(JAPAN, TEAM)
    assert labels(app)[1:3] == ["Country is Japan", "Plan is Team"]
    app.button(key="builder_chip_0_country_x").click().run()
    assert filters(app).items == (TEAM,)
    app.button(key="builder_undo").click().run()
    assert filters(app).items == (JAPAN, TEAM)


def test_a_filter_is_switched_off_and_on_and_stays_on_the_page(opened):
    app = opened(JAPAN, GROUP)
    app.button(key="builder_chip_0_country_switch").click().run()
    assert filters(app).items == (replace(JAPAN, is_off=True), GROUP)
    assert labels(app)[1] == "Country is Japan"
    app.session_state["builder_filter_1_group"] = True
    app.run().toggle(key="builder_filter_1_group_applies").set_value(False).run()
    assert filters(app).items[1] == replace(GROUP, is_off=True)
    app.button(key="builder_undo").click().run()
    app.button(key="builder_undo").click().run()
    assert filters(app).items == (JAPAN, GROUP)
    app.button(key="builder_redo").click().run()
    assert filters(app).items == (replace(JAPAN, is_off=True), GROUP)
    assert not app.exception


def test_a_chip_opens_the_control_of_its_type(opened):
    flag = Condition(field="is_trial", operator=Operator.IS, values=(True,))
    app = opened(JAPAN, flag, chips=("builder_chip_0_country", "builder_chip_1_is_trial"))
    app.multiselect(key="builder_filter_0_country_values").set_value(["Japan", "Kenya"]).run()
    app.get_by_key("builder_filter_1_is_trial_flag").set_value(False).run()
    assert [item.values for item in filters(app).items] == [("Japan", "Kenya"), (False,)]


def test_both_sides_of_a_range_of_numbers_are_asked_for(opened):
    app = opened(Condition(field="pages", operator=Operator.AT_LEAST, values=(3,)), chips=("builder_chip_0_pages",))
    app.number_input(key="builder_filter_0_pages_number_1").set_value(9).run()
    assert filters(app).items[0] == Condition(field="pages", operator=Operator.BETWEEN, values=(3, 9))


def test_a_range_that_ends_before_it_begins_is_said_in_place(opened):
    backwards = Condition(field="minutes", operator=Operator.BETWEEN, values=(9, 3))
    app = opened(backwards, chips=("builder_chip_0_minutes",))
    assert "ends before it begins" in said(app)
    app.number_input(key="builder_filter_0_minutes_number_0").set_value(1.5).run()
    assert "ends before it begins" not in said(app)
    assert filters(app).items[0].values == (1.5, 3)


def test_a_relative_date_prints_the_days_it_stands_for(opened):
    window = DateWindow(kind=WindowKind.LAST, n=3, unit=DateUnit.MONTH)
    item = Condition(field="signed_up_on", operator=Operator.IN_WINDOW, window=window)
    app = opened(item, chips=("builder_chip_0_signed_up_on",))
    assert "Last 3 months: **1 Aug to 31 Oct 2026**" in said(app)
    app.get_by_key("builder_filter_0_signed_up_on_kind").set_value(WindowKind.TO_DATE).run()
    assert "Month to date: **1 to 23 Nov 2026**" in said(app)


def test_a_day_that_was_saved_as_text_stands_in_its_control(opened):
    item = Condition(field="signed_up_on", operator=Operator.AT_LEAST, values=("2011-02-03",))
    app = opened(item, chips=("builder_chip_0_signed_up_on",))
    assert str(app.date_input(key="builder_filter_0_signed_up_on_day").value) == "2011-02-03"


def test_more_values_than_can_be_listed_are_searched_for(opened, services, monkeypatch):
    asked = []

    def field_values(_principal, _dataset_id, _field, *, search="", limit=50):
        asked.append(search)
        return tuple((f"{search or 'City'} {n}", 900 - n) for n in range(limit if not search else 2))

    monkeypatch.setattr(services.catalog, "field_values", field_values)
    app = opened(only("country", "Japan"), chips=("builder_chip_0_country",))
    app.text_input(key="builder_filter_0_country_search").set_value("Kyo").run()
    options = app.multiselect(key="builder_filter_0_country_values").options
    assert options == ["Japan", "Kyo 0  (900)", "Kyo 1  (899)"]
    app.run()
    assert asked == ["", "Kyo"], "what was found is kept for a moment"


def test_a_typed_text_is_refused_where_a_number_is_wanted(opened):
    app = opened(Condition(field="pages", operator=Operator.IS, values=(3, 4)), chips=("builder_chip_0_pages",))
    app.multiselect(key="builder_filter_0_pages_values").set_value(["3", "7", "many"]).run()
    assert filters(app).items[0].values == (3, 7)
    assert "“many” is no number" in said(app)


def test_two_chips_become_a_group_in_a_frame(opened):
    app = opened(JAPAN, TEAM, PRESS, chips=("builder_chip_0_country",))
    where = app.selectbox(key="builder_filter_0_country_where")
    assert where.options == [
        "No group",
        "A new group with: Plan is Team",
        "A new group with: Product is Press",
        "A new group of its own",
    ]
    where.set_value(("new", 2)).run()
    assert filters(app).items == (FilterGroup(match=Match.ANY, items=(JAPAN, PRESS)), TEAM)
    assert labels(app)[1:4] == ["any of", "Country is Japan", "Product is Press"]
    app.button(key="builder_undo").click().run()
    assert filters(app).items == (JAPAN, TEAM, PRESS)


def test_a_chip_moves_into_a_group_and_out_again(opened):
    app = opened(JAPAN, GROUP, chips=("builder_chip_0_country",))
    app.selectbox(key="builder_filter_0_country_where").set_value(("in", (1,))).run()
    assert filters(app).items == (FilterGroup(match=Match.ANY, items=(TEAM, PRESS, JAPAN)),)
    with_open(app, "builder_chip_0_2_country")
    app.selectbox(key="builder_filter_0_2_country_where").set_value(("in", ())).run()
    assert filters(app).items == (GROUP, JAPAN)


def test_a_group_is_turned_added_to_dissolved_and_emptied(opened):
    head = "builder_filter_1_group"
    app = opened(JAPAN, GROUP, chips=(head,))
    app.get_by_key(f"{head}_match").set_value(Match.NONE).run()
    assert filters(app).items[1].match is Match.NONE
    assert "none of" in labels(app)
    with_open(app, f"{head}_add")
    app.selectbox(key=f"{head}_add_field").set_value("is_trial").run()
    assert [item.field for item in filters(app).items[1].items] == ["plan", "product", "is_trial"]
    with_open(app, head)
    app.button(key=f"{head}_dissolve").click().run()
    assert [item.field for item in filters(app).items] == ["country", "plan", "product", "is_trial"]
    app.button(key="builder_undo").click().run()
    with_open(app, head)
    app.button(key=f"{head}_drop").click().run()
    assert filters(app).items == (JAPAN,)


def test_a_group_moves_into_another_with_all_it_holds(opened):
    other = FilterGroup(match=Match.NONE, items=(JAPAN,))
    app = opened(GROUP, other, chips=("builder_filter_1_group",))
    where = app.selectbox(key="builder_filter_1_group_where")
    assert where.options == ["No group", "any of: Plan is Team, Product is Press"]
    where.set_value(("in", (0,))).run()
    assert filters(app).items == (replace(GROUP, items=(TEAM, PRESS, other)),)


def test_filters_of_which_any_has_to_hold_stand_in_a_frame(opened):
    app = opened(JAPAN, TEAM, match=Match.ANY)
    assert "any of" in labels(app)
    with_open(app, keys.BUILDER_ADD_FILTER)
    app.get_by_key("builder_filter_match").set_value(Match.ALL).run()
    assert filters(app).match is Match.ALL
    assert "any of" not in labels(app)


def test_a_filter_whose_field_is_gone_is_shown_and_can_be_removed(opened, services, monkeypatch):
    monkeypatch.setattr(services.reports, "columns_of", lambda *_: fake_data.columns(fake_data.SUMMARY))
    app = opened(only("planet", "Mars"), chips=("builder_chip_0_planet",))
    assert "planet: gone" in labels(app)
    assert "no longer there" in said(app)
    app.button(key="builder_chip_0_planet_x").click().run()
    assert filters(app).items == ()


def test_figures_of_the_table_are_told_apart_from_fields(opened):
    figure = Condition(field="sum__revenue", operator=Operator.AT_LEAST, values=(100,))
    app = opened(result_filters=FilterGroup(items=(figure,)), chips=(keys.BUILDER_ADD_FILTER,))
    offered = app.selectbox(key=keys.BUILDER_FILTER_FIELD).options
    assert {"Revenue (before summing up)", "Revenue (figure in the table)"} <= set(offered)
    app.button(key="builder_result_chip_0_sum__revenue_x").click().run()
    assert draft(app).definition.result_filters.items == ()


def test_groups_inside_a_measure_are_changed_in_place(opened):
    counted = replace(fake_data.SUMMARY.measures[1], name="some", filters=FilterGroup(items=(JAPAN, GROUP)))
    app = opened(measures=(fake_data.SUMMARY.measures[0], counted))
    app.button(key="builder_open_measure_1").click().run()
    app.get_by_key("builder_measure_1_filter_1_match").set_value(Match.NONE).run()
    app.multiselect(key="builder_measure_1_filter_1_0_plan_values").set_value(["Free"]).run()
    changed = draft(app).definition.measures[1].filters.items[1]
    assert (changed.match, changed.items[0].values) == (Match.NONE, ("Free",))
    app.button(key="builder_measure_1_filter_1_dissolve").click().run()
    assert [item.field for item in draft(app).definition.measures[1].filters.items] == ["country", "plan", "product"]


def test_filters_of_a_step_are_put_in_frames_and_taken_out(orders):
    status, amount = only("status", "paid"), Condition(field="amount", operator=Operator.AT_LEAST, values=(5,))
    made = dataset_screen.dataset(orders)
    step = FilterStep(filters=FilterGroup(match=Match.ANY, items=(status, amount)))
    held = replace(dataset_screen.draft(orders), dataset=replace(made, steps=(step,)))
    orders.session_state[keys.DATASET_DRAFTS][made.id] = held
    orders.session_state[keys.DATASET_STEP] = 0
    app = dataset_screen.at(orders, "Steps")
    dataset_screen.press(app, "dataset_step_0_filters_frame")
    assert dataset_screen.dataset(app).steps[0].filters == FilterGroup(items=(step.filters,))
    app.number_input(key="dataset_step_0_filters_0_1_value_0").set_value(7.0).run()
    assert dataset_screen.dataset(app).steps[0].filters.items[0].items[1].values == (7,)
    dataset_screen.press(app, "dataset_step_0_filters_0_dissolve")
    assert [item.field for item in dataset_screen.dataset(app).steps[0].filters.items] == ["status", "amount"]
