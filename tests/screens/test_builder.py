from core.domain.access import BUILT_IN_ROLES
from core.domain.definition import Aggregation, ChartKind
from core.domain.filter import Condition, DateUnit, Operator, WindowKind
from pages.widgets import keys

from . import fake_data, fake_services

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


def test_a_new_report_starts_with_an_answer(open_screen):
    app = open_screen("builder.py")
    assert draft(app).definition.chart.kind is ChartKind.BAR
    assert len(app.dataframe[0].value) == 12
    assert "Not saved yet" in texts(app)


def test_a_click_takes_a_field_in_and_out_and_can_be_undone(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.button(key="builder_field_country").click().run()
    assert [g.field for g in draft(app).definition.groupings] == ["started_at", "country"]
    app.button(key="builder_undo").click().run()
    assert [g.field for g in draft(app).definition.groupings] == ["started_at"]
    app.button(key="builder_redo").click().run()
    app.button(key="builder_used_country").click().run()
    assert [g.field for g in draft(app).definition.groupings] == ["started_at"]


def test_the_grain_can_be_changed_and_the_sort_follows(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.selectbox(key="builder_grain_0_started_at").set_value(DateUnit.WEEK).run()
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
    app.button(key="builder_field_plan").click().run()
    app.button(key="builder_save").click().run()
    assert services.reports.items[SUMMARY].version == 2
    assert [g.field for g in services.reports.items[SUMMARY].definition.groupings] == ["started_at", "plan"]
    assert "Version 2 saved" in app.toast[0].value
    assert not draft(app).is_changed


def test_a_conflict_keeps_the_draft_and_says_why(open_screen, services):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.button(key="builder_field_plan").click().run()
    services.reports.save(None, SUMMARY, name="Usage Summary", definition=fake_data.SUMMARY)
    app.button(key="builder_save").click().run()
    assert "Somebody changed it" in app.error[0].value
    assert draft(app).is_changed


def test_a_report_without_a_name_is_not_saved(open_screen, services):
    app = open_screen("builder.py")
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

    app = open_screen("builder.py")
    monkeypatch.setattr(services.reports, "preview", fail)
    app.button(key="builder_field_country").click().run()
    assert not app.exception
    assert app.error[0].value.startswith("The source cannot be reached.")
    assert app.button(key="builder_used_country")


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
