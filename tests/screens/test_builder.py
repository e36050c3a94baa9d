import pytest

from core.domain.access import BUILT_IN_ROLES
from core.domain.appearance import ChartKind
from core.domain.definition import Aggregation
from core.domain.filter import Condition, DateUnit, Operator, WindowKind
from pages.widgets import keys

from . import fake_data, fake_services
from .builder_moves import click, move, parts

SUMMARY = fake_data.make_id("Usage Summary")


def draft(app):
    return app.session_state[keys.DRAFTS][app.session_state[keys.DRAFT]]


def texts(app):
    return " ".join(str(item.value) for kind in (app.caption, app.markdown, app.html) for item in kind)


def test_a_saved_report_opens_with_its_answer_and_no_changes(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    assert app.text_input(key=keys.BUILDER_NAME).value == "Usage Summary"
    assert len(app.dataframe[0].value) == 12
    assert "Showing 12 of 12 rows" in texts(app)
    assert "Version 1." in texts(app)
    assert app.button(key="builder_save").disabled


def test_the_frame_and_the_builder_each_ask_once_who_looks(open_screen, services, monkeypatch):
    app = open_screen("builder.py", report=str(SUMMARY))
    asked, answer = [], services.access.principal_for_session
    monkeypatch.setattr(services.access, "principal_for_session", lambda token: asked.append(token) or answer(token))
    app.run()
    assert len(asked) == 2


@pytest.fixture
def fresh(open_screen):
    """The builder on a quick start."""
    app = open_screen("builder.py")
    return app.button(key="builder_start_over_time").click().run()


def test_a_new_report_starts_with_an_answer(fresh):
    assert draft(fresh).definition.chart.kind is ChartKind.LINE
    assert draft(fresh).name == "Revenue per session by month"
    assert len(fresh.dataframe[0].value) == 12
    assert "Not saved yet" in texts(fresh)
    assert fresh.query_params["draft"] == str(draft(fresh).id)


def test_a_click_takes_a_field_in_and_out_and_can_be_undone(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    click(app, "country")
    assert [g.field for g in draft(app).definition.groupings] == ["started_at", "country"]
    app.button(key="builder_undo").click().run()
    assert [g.field for g in draft(app).definition.groupings] == ["started_at"]
    app.button(key="builder_redo").click().run()
    click(app, "country")
    assert [g.field for g in draft(app).definition.groupings] == ["started_at"]


def test_the_grain_can_be_changed_and_the_sort_follows(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    move(app, "grain", "started_at__month", value="week")
    assert draft(app).definition.groupings[0].key == "started_at__week"
    assert draft(app).definition.sort[0].key == "started_at__week"


def test_a_measure_can_be_condensed_otherwise_and_added(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.selectbox(key="builder_aggregation_1_revenue").set_value(Aggregation.AVERAGE).run()
    app.selectbox(key="builder_add_measure").set_value("minutes").run()
    assert [m.key for m in draft(app).definition.measures] == ["count", "average__revenue", "sum__minutes"]
    assert app.selectbox(key="builder_add_measure").value is None


def test_rows_show_pages_of_a_hundred_and_say_how_many_there_are(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.get_by_key(keys.BUILDER_MODE).set_value("Rows").run()
    columns = draft(app).definition.columns
    assert columns[:2] == ("started_at", "revenue")  # what the summary used comes first
    assert len(columns) == len(set(columns)) == 8
    assert "Showing 100 of 5,231 sessions" in texts(app)
    assert "Files hold the first 1,000 of 5,231." in texts(app)


def test_a_run_that_was_cut_short_leaves_no_control_at_its_default(open_screen):
    """What a run assigns is lost when the next one follows at once: every run says it, or gives it as the default."""
    app = open_screen("builder.py", report=str(SUMMARY)).run()
    limit, title = app.number_input(key="builder_limit").proto, app.text_input(key=keys.BUILDER_NAME)
    assert (limit.set_value, limit.value, app.toggle(key="builder_lift").proto.set_value) == (True, 1000, True)
    assert title.proto.default == title.value == "Usage Summary"


def test_a_field_is_filtered_from_its_menu(open_screen):
    app = move(open_screen("builder.py", report=str(SUMMARY)), "filter", "field:country", key=keys.BUILDER_FIELDS)
    added = draft(app).definition.filters.items[-1]
    assert (added.field, added.values) == ("country", ())
    assert app.session_state[f"builder_chip_{len(draft(app).definition.filters.items) - 1}_country"]
    before = draft(app).definition
    assert draft(move(app, "filter", "field:gone", key=keys.BUILDER_FIELDS)).definition == before


def test_the_limit_can_be_lifted(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.toggle(key="builder_lift").set_value(True).run()
    assert draft(app).definition.limit is None
    app.toggle(key="builder_lift").set_value(False).run()
    assert draft(app).definition.limit == 1000


def test_a_filter_without_its_value_is_not_asked_and_then_is(open_screen, services):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.session_state[keys.BUILDER_ADD_FILTER] = True
    app.run()
    app.selectbox(key=keys.BUILDER_FILTER_FIELD).set_value("country").run()
    assert draft(app).definition.filters.items == (Condition(field="country", operator=Operator.IS),)
    assert draft(app).asked.filters.items == ()
    values = app.multiselect(key="builder_filter_0_country_values")
    assert [option.split("  ")[0] for option in values.options][:2] == ["United States", "Germany"]
    values.set_value(["Germany"]).run()
    assert draft(app).asked.filters.items[0].values == ("Germany",)
    app.session_state["builder_chip_0_country"] = True
    app.run()
    app.button(key="builder_filter_0_country_drop").click().run()
    assert draft(app).definition.filters.items == ()


def test_the_period_is_chosen_from_quick_choices_or_exactly(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.session_state["builder_period"] = True
    app.run()
    app.get_by_key("builder_window_kind").set_value(WindowKind.TO_DATE).run()
    assert draft(app).definition.period.window.kind is WindowKind.TO_DATE
    app.session_state["builder_period"] = True
    app.run()
    app.selectbox(key="builder_window_unit").set_value(DateUnit.QUARTER).run()
    assert draft(app).definition.period.window.unit is DateUnit.QUARTER
    app.session_state["builder_period"] = True
    app.run()
    app.button(key="builder_period_drop").click().run()
    assert draft(app).definition.period is None


def test_every_save_is_a_new_version(open_screen, services):
    app = open_screen("builder.py", report=str(SUMMARY))
    click(app, "plan")
    app.button(key="builder_save").click().run()
    assert services.reports.items[SUMMARY].version == 2
    assert [g.field for g in services.reports.items[SUMMARY].definition.groupings] == ["started_at", "plan"]
    assert "Version 2 saved" in app.toast[0].value
    assert not draft(app).is_changed


def test_a_conflict_keeps_the_draft_and_says_why(open_screen, services):
    app = open_screen("builder.py", report=str(SUMMARY))
    click(app, "plan")
    services.reports.save(None, SUMMARY, name="Usage Summary", definition=fake_data.SUMMARY)
    app.button(key="builder_save").click().run()
    assert "Somebody changed it" in " ".join(item.value for item in app.markdown)
    assert draft(app).is_changed


def test_a_report_without_a_name_is_not_saved(fresh, services):
    app = fresh
    before = len(services.reports.items)
    app.text_input(key=keys.BUILDER_NAME).set_value("").run()
    app.button(key="builder_save").click().run()
    assert app.error[0].value == "Give the report a name."
    assert len(services.reports.items) == before


def test_the_same_question_is_asked_once(open_screen, services):
    app = open_screen("builder.py", report=str(SUMMARY))
    asked = services.reports.previews
    app.run()
    assert services.reports.previews == asked


def test_a_failing_source_is_said_in_words_and_the_controls_stay(open_screen, services, monkeypatch):
    from core.errors import SourceUnavailable

    def fail(*_args, **_kwargs):
        raise SourceUnavailable

    app = open_screen("builder.py", report=str(SUMMARY))
    monkeypatch.setattr(services.reports, "preview", fail)
    click(app, "country")
    assert not app.exception
    assert app.error[0].value.startswith("The source cannot be reached.")
    assert [chip["id"] for chip in parts(app)["shelves"]["shelves"][0]["chips"]] == ["started_at__month", "country"]


def test_an_unknown_report_is_said_in_words(open_screen):
    app = open_screen("builder.py", report=str(fake_data.make_id("nobody")))
    assert "does not exist" in app.error[0].value


def test_a_viewer_sees_no_save_no_download_and_no_schedule(services, monkeypatch, open_screen):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("viewer")
    assert BUILT_IN_ROLES["viewer"]
    app = open_screen("builder.py", report=str(SUMMARY))
    found = {button.key for button in app.button}
    assert not found & {"builder_save", "builder_save_as", "builder_schedule"}
    assert not app.get("menu_button")


def test_a_figure_is_filtered_like_a_field(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.session_state[keys.BUILDER_ADD_FILTER] = True
    app.run()
    app.selectbox(key=keys.BUILDER_FILTER_FIELD).set_value("result: sum__revenue").run()
    assert draft(app).definition.result_filters.items[0].field == "sum__revenue"
    assert draft(app).asked.result_filters.items == ()
    app.number_input(key="builder_result_0_sum__revenue_number_0").set_value(1000.0).run()
    assert draft(app).asked.result_filters.items[0].values == (1000,)


def test_a_filter_that_asks_is_tried_above_the_table(open_screen, services):
    app = open_screen("builder.py", report=str(SUMMARY))
    click(app, "country")
    app.session_state[keys.BUILDER_ADD_FILTER] = True
    app.run()
    app.selectbox(key=keys.BUILDER_FILTER_FIELD).set_value("country").run()
    app.toggle(key="builder_filter_0_country_asks").set_value(True).run()
    (parameter,) = draft(app).definition.parameters
    assert (parameter.name, parameter.field, parameter.is_list) == ("country", "country", True)
    app.session_state["builder_chip_0_country"] = True
    app.run()
    app.checkbox(key="builder_parameter_country_required").set_value(True).run()
    assert "'Country' needs a value." in app.info[0].value
    app.multiselect(key=f"builder_given_{SUMMARY}_country").set_value(["Kenya"]).run()
    assert services.reports.given == {"country": ("Kenya",)}
    assert not app.info
    app.session_state["builder_chip_0_country"] = True
    app.run()
    app.toggle(key="builder_filter_0_country_asks").set_value(False).run()
    assert draft(app).definition.parameters == ()


def test_the_period_can_be_asked_for(open_screen, services):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.session_state["builder_period"] = True
    app.run()
    app.toggle(key="builder_period_asks").set_value(True).run()
    assert draft(app).definition.period.parameter == "period"
    quick = app.selectbox(key=f"builder_given_{SUMMARY}_period")
    quick.set_value(quick.options[0]).run()
    assert services.reports.given["period"].n == 7


def test_a_measure_opens_for_its_name_percent_and_filters(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.selectbox(key="builder_aggregation_1_revenue").set_value(Aggregation.PERCENTILE).run()
    app.button(key="builder_open_measure_1").click().run()
    app.number_input(key="builder_measure_1_percent").set_value(95.0).run()
    assert draft(app).definition.measures[1].key == "percentile_95__revenue"
    app.selectbox(key="builder_measure_1_filter_add").set_value("plan").run()
    app.multiselect(key="builder_measure_1_filter_0_plan_values").set_value(["Free"]).run()
    measure = draft(app).asked.measures[1]
    assert (measure.name, measure.filters.items[0].values) == ("percentile_95_revenue_filtered", ("Free",))
    app.text_input(key="builder_measure_1_label").set_value("Slow free sessions").run()
    assert draft(app).definition.measures[1].label == "Slow free sessions"


def test_catalog_measures_and_expressions_are_a_click_away(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    figure = parts(app)["fields"]["groups"][-1]["items"][0]
    assert "arpu" in figure["words"]
    move(app, "toggle", figure["id"], key=keys.BUILDER_FIELDS)
    app.selectbox(key="builder_add_measure").set_value("expression").run()
    app.button(key="builder_open_measure_3").click().run()
    area = app.text_area(key="builder_measure_3_expression")
    area.set_value("sum(revenue) / count_distinct(customer)").run()
    assert [m.key for m in draft(app).definition.measures][2:] == ["measure__per_session", "figure"]
    assert draft(app).definition.measures[3].expression.endswith("(customer)")
    assert "Gives number" in texts(app)


def test_what_is_seldom_needed_is_built_by_clicking(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    click(app, "country")
    for section in ("Computed columns", "Highest or lowest values", "Totals", "Names and formats"):
        app.session_state[keys.section(section)] = True
    app.run()
    app.selectbox(key="builder_add_calculation").set_value("share").run()
    app.button(key="builder_open_calculation_0").click().run()
    app.multiselect(key="builder_calculation_0_within").set_value(["country"]).run()
    app.toggle(key="builder_top").set_value(True).run()
    app.selectbox(key="builder_top_grouping").set_value("country").run()
    app.checkbox(key="builder_top_others").set_value(True).run()
    move(app, "place", "country", **{"from": "rows"}, to="columns")
    app.toggle(key="builder_totals_grand").set_value(True).run()
    app.selectbox(key=keys.BUILDER_COLUMN).set_value("sum__revenue").run()
    app.text_input(key="builder_option_sum__revenue_label").set_value("Turnover").run()
    made = draft(app).definition
    assert made.calculations[0].within == ("country",)
    assert (made.top.n, made.top.grouping, made.top.with_others) == (10, "country", True)
    assert (made.pivot.groupings, made.totals.grand) == (("country",), True)
    assert made.options[0].label == "Turnover"
    assert "1,234.50" in texts(app)


def test_a_hidden_column_is_not_in_the_table(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.session_state[keys.section("Names and formats")] = True
    app.run()
    app.selectbox(key=keys.BUILDER_COLUMN).set_value("count").run()
    app.checkbox(key="builder_option_count_hidden").set_value(True).run()
    assert list(app.dataframe[0].value.columns) == ["started_at__month", "sum__revenue"]


def test_the_calendar_is_chosen_under_more(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.session_state[keys.BUILDER_TABS] = "More"
    app.run()
    app.selectbox(key="builder_week_start").set_value(7).run()
    app.selectbox(key="builder_year_start").set_value(4).run()
    calendar = draft(app).definition.calendar
    assert (calendar.week_start, calendar.fiscal_year_start) == (7, 4)


def choose_column(app, key):
    """Click a column's header."""
    app.session_state[keys.BUILDER_TABLE] = {"selection": {"rows": [], "columns": [key], "cells": []}}
    return app.run()


def pick(app, label):
    """Choose in the menu that summarizes the clicked column."""
    return app.get_by_key("builder_column_summarize").click(label).run()


def test_a_click_on_a_header_sorts_filters_hides_and_removes(open_screen):
    app = choose_column(open_screen("builder.py", report=str(SUMMARY)), "sum__revenue")
    app.button(key="builder_column_descending").click().run()
    assert [(s.key, s.descending) for s in draft(app).definition.sort] == [
        ("sum__revenue", True),
        ("started_at__month", False),
    ]
    app.button(key="builder_column_filter").click().run()
    assert draft(app).definition.result_filters.items[0].field == "sum__revenue"
    app.button(key="builder_column_hide").click().run()
    assert "sum__revenue" not in app.dataframe[0].value.columns
    app.button(key="builder_column_remove").click().run()
    assert [m.key for m in draft(app).definition.measures] == ["count"]
    assert "builder_column_close" not in {button.key for button in app.button}


def test_a_header_names_and_sizes_its_column(open_screen):
    app = choose_column(open_screen("builder.py", report=str(SUMMARY)), "sum__revenue")
    app.session_state["builder_column_form"] = True
    app.run()
    app.text_input(key="builder_header_sum__revenue_label").set_value("Turnover").run()
    app.number_input(key="builder_header_sum__revenue_width").set_value(20).run()
    (option,) = draft(app).definition.options
    assert (option.label, option.width) == ("Turnover", 20)


def test_rows_are_summed_up_from_a_header(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.get_by_key(keys.BUILDER_MODE).set_value("Rows").run()
    choose_column(app, "country")
    assert app.get("menu_button")[-1].proto.options
    app.button(key="builder_column_descending").click().run()
    assert draft(app).definition.sort[0].key == "country"


def test_what_was_not_saved_is_there_again_and_can_be_thrown_away(open_screen, services):
    app = open_screen("builder.py", report=str(SUMMARY))
    click(app, "country")
    assert services.drafts.items[SUMMARY].version == 1
    again = open_screen("builder.py", report=str(SUMMARY))
    assert [g.field for g in draft(again).definition.groupings] == ["started_at", "country"]
    assert "You have an unsaved draft of" in texts(again)
    again.button(key="builder_undo").click().run()
    assert not draft(again).is_changed
    assert services.drafts.items == {}, "what is as it was saved is no draft"
    again.button(key="builder_redo").click().run()
    again.button(key="builder_resumed_drop").click().run()
    assert [g.field for g in draft(again).definition.groupings] == ["started_at"]
    assert services.drafts.items == {}
    assert "unsaved draft" not in texts(again)


def test_a_saved_report_leaves_no_draft_behind(fresh, services):
    click(fresh, "country")
    (kept,) = services.drafts.items.values()
    assert (kept.report_id, kept.is_touched) == (None, True)
    fresh.button(key="builder_save").click().run()
    assert services.drafts.items == {}
    assert "draft" not in fresh.query_params
    assert draft(fresh).report_id is not None


def test_unsaved_new_reports_are_offered_and_taken_up_or_thrown_away(open_screen, services, fresh):
    click(fresh, "country")
    name = draft(fresh).name
    app = open_screen("builder.py")
    assert name in texts(app)
    kept = next(iter(services.drafts.items))
    app.button(key=f"builder_unsaved_go_{kept}").click().run()
    assert (draft(app).id, len(draft(app).definition.groupings)) == (kept, 2)
    assert draft(app).is_touched
    other = open_screen("builder.py")
    other.button(key=f"builder_unsaved_drop_{kept}").click().run()
    assert services.drafts.items == {}
    assert name not in texts(other)


def test_a_quick_start_that_nobody_worked_on_is_not_offered(open_screen, services, fresh):
    assert [kept.is_touched for kept in services.drafts.items.values()] == [False]
    assert "Not saved yet" not in texts(open_screen("builder.py"))
