"""How a result looks: marks of cells and their editor, the choice of a chart, and its picture to keep."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from core.domain.access import BUILT_IN_ROLES, Permission
from core.domain.appearance import Chart, ChartKind, FormatRule, RuleKind, Tone
from core.domain.definition import Aggregation, Grouping, Measure
from core.domain.filter import Operator
from core.render.tones import tone_colour
from pages.widgets import keys

from . import fake_data, fake_services

SUMMARY = fake_data.make_id("Usage Summary")
RULES = (
    FormatRule(key="sum__revenue", operator=Operator.AT_LEAST, values=(0,), tone=Tone.BAD),
    FormatRule(key="count", kind=RuleKind.SCALE),
)


def texts(app):
    return " ".join(item.value for item in app.caption).replace("\\", "")


def draft(app):
    return app.session_state[keys.DRAFTS][app.session_state[keys.DRAFT]]


def rules(app):
    return draft(app).definition.rules


def at_tab(app, name):
    app.session_state[keys.BUILDER_TABS] = name
    app.run()
    assert not app.exception
    return app


def links(app):
    return [link for link in app.link_button if link.url.startswith("/charts/")]


def change(services, **parts):
    report = services.reports.items[SUMMARY]
    services.reports.items[SUMMARY] = replace(report, definition=replace(report.definition, **parts))


def with_rules(services, *rules):
    change(services, rules=rules)


def with_chart(services):
    (grouping,) = services.reports.items[SUMMARY].definition.groupings
    change(services, chart=Chart(kind=ChartKind.BAR, x=grouping.key, y=("sum__revenue",)))


def test_marked_cells_have_colours_and_the_marks_are_explained(services, open_screen):
    plain = open_screen("builder.py", report=str(SUMMARY)).dataframe[0]
    assert not plain.proto.arrow_data.styler.styles
    with_rules(services, *RULES)
    app = open_screen("builder.py", report=str(SUMMARY))
    drawn = app.dataframe[0]
    assert "background-color: #F8DEDC" in drawn.proto.arrow_data.styler.styles
    assert list(drawn.value.columns) == list(plain.value.columns)
    assert [str(cell) for cell in drawn.value["sum__revenue"]] == [str(cell) for cell in plain.value["sum__revenue"]]
    assert "bad: Revenue is at least 0" in texts(app)
    assert "rows of this page" not in texts(app)


def test_bars_are_drawn_by_the_table_itself(services, open_screen):
    with_rules(services, FormatRule(key="count", kind=RuleKind.BAR, tone=Tone.GOOD))
    app = open_screen("builder.py", report=str(SUMMARY))
    assert '"type": "progress"' in app.dataframe[0].proto.columns
    assert tone_colour(Tone.GOOD) in app.dataframe[0].proto.columns
    assert "bars:" in texts(app)


def test_a_rule_whose_column_is_gone_changes_nothing(services, open_screen):
    with_rules(services, FormatRule(key="gone", kind=RuleKind.BAR))
    assert not open_screen("builder.py", report=str(SUMMARY)).dataframe[0].proto.arrow_data.styler.styles


def test_the_chart_can_be_kept_as_a_picture_once_it_is_saved(services, open_screen):
    with_chart(services)
    with_chart(services)
    app = open_screen("builder.py", report=str(SUMMARY))
    png, svg = links(app)
    assert urlsplit(png.url).path == f"/charts/{SUMMARY}"
    assert [parse_qs(urlsplit(one.url).query)["format"] for one in (png, svg)] == [["png"], ["svg"]]
    assert not png.disabled
    app.toggle(key="builder_lift").set_value(True).run()
    assert all(link.disabled for link in links(app))


def test_who_may_not_export_is_offered_no_picture(services, open_screen):
    role = next(name for name, held in BUILT_IN_ROLES.items() if Permission.MANAGE_EXPORTS not in held)
    with_chart(services)
    services.access = fake_services.FakeAccess(role)
    assert links(open_screen("builder.py", report=str(SUMMARY))) == []


def test_a_mark_is_added_waits_for_its_value_and_shows_at_once(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    app.button(key="builder_add_rule").click().run()
    assert rules(app) == (FormatRule(key="sum__revenue", operator=Operator.AT_LEAST, tone=Tone.GOOD),)
    assert draft(app).asked.rules == ()
    app.number_input(key="builder_rule_0_number_0").set_value(0.0).run()
    app.pills(key="builder_rule_0_tone").set_value(Tone.BAD).run()
    app.toggle(key="builder_rule_0_row").set_value(True).run()
    assert draft(app).asked.rules == (replace(RULES[0], whole_row=True),)
    assert "background-color: #F8DEDC" in app.dataframe[0].proto.arrow_data.styler.styles
    assert "bad, whole row: Revenue is at least 0" in texts(app)
    app.button(key="builder_undo").click().run()
    assert rules(app) == (RULES[0],)


def test_every_kind_of_mark_is_reached_and_edited(services, open_screen):
    with_rules(services, *RULES)
    app = open_screen("builder.py", report=str(SUMMARY))
    app.button(key="builder_open_rule_0").click().run()
    app.get_by_key("builder_rule_0_kind").set_value(RuleKind.BAR).run()
    assert rules(app)[0] == FormatRule(key="sum__revenue", kind=RuleKind.BAR, tone=Tone.BAD)
    assert "Mails leave bars out" in texts(app)
    app.get_by_key("builder_rule_0_kind").set_value(RuleKind.SCALE).run()
    app.get_by_key("builder_rule_0_kind").set_value(RuleKind.MARK).run()
    app.selectbox(key="builder_rule_0_operator").set_value(Operator.BETWEEN).run()
    app.number_input(key="builder_rule_0_number_0").set_value(9.0).run()
    app.number_input(key="builder_rule_0_number_1").set_value(3.0).run()
    assert "ends before it begins" in texts(app)
    app.selectbox(key="builder_rule_0_column").set_value("started_at__month").run()
    assert rules(app)[0].operator is Operator.AT_LEAST
    assert not app.get_by_key("builder_rule_0_day").value


def test_a_mark_of_texts_offers_the_values_there_are(services, open_screen):
    change(services, groupings=(Grouping(field="country"),), rules=(), sort=())
    with_rules(services, FormatRule(key="country", operator=Operator.IS, values=("Japan",)))
    app = open_screen("builder.py", report=str(SUMMARY))
    app.button(key="builder_open_rule_0").click().run()
    picker = app.multiselect(key="builder_rule_0_values")
    assert "Germany  (800)" in picker.options
    picker.set_value(["Japan", "Kenya"]).run()
    assert rules(app)[0].values == ("Japan", "Kenya")


def test_marks_change_places_and_go(services, open_screen):
    with_rules(services, *RULES, FormatRule(key="gone", kind=RuleKind.BAR))
    app = open_screen("builder.py", report=str(SUMMARY))
    assert "the upper one wins" in texts(app)
    app.button(key="builder_rule_2_drop").click().run()
    app.button(key="builder_rule_1_up").click().run()
    assert rules(app) == RULES[::-1]
    app.button(key="builder_rule_0_drop").click().run()
    assert rules(app) == RULES[:1]


def test_the_chart_is_picked_from_what_fits(services, open_screen):
    app = at_tab(open_screen("builder.py", report=str(SUMMARY)), "Chart")
    assert app.button(key="builder_pick_pie").disabled
    assert "Times run from left to right" in app.button(key="builder_pick_pie").help
    assert app.button(key="builder_pick_suited").label == "Suits this table: line"
    app.button(key="builder_pick_suited").click().run()
    assert draft(app).definition.chart == Chart(kind=ChartKind.LINE, x="started_at__month", y=("count",))
    app.button(key="builder_pick_bar").click().run()
    assert draft(app).definition.chart.kind is ChartKind.BAR
    app.button(key="builder_pick_nothing").click().run()
    assert (draft(app).definition.chart, draft(app).definition.kpis) == (None, ())
    app.button(key="builder_pick_numbers").click().run()
    assert len(draft(app).definition.kpis) == 2
    app.button(key="builder_undo").click().run()
    assert draft(app).definition.kpis == ()


def test_one_number_suits_a_report_without_groupings(services, open_screen):
    change(services, groupings=(), sort=(), kpis=())
    app = at_tab(open_screen("builder.py", report=str(SUMMARY)), "Chart")
    assert all(app.button(key=f"builder_pick_{kind}").disabled for kind in ChartKind)
    app.button(key="builder_pick_suited").click().run()
    assert [kpi.key for kpi in draft(app).definition.kpis] == ["count", "sum__revenue"]


def test_a_chart_that_no_longer_fits_says_so(services, open_screen):
    average = Measure(aggregation=Aggregation.AVERAGE, field="revenue")
    change(services, groupings=(Grouping(field="country"),), measures=(average,), sort=(), kpis=())
    change(services, chart=Chart(kind=ChartKind.PIE, x="country", y=("average__revenue",)))
    app = at_tab(open_screen("builder.py", report=str(SUMMARY)), "Chart")
    assert "does not add up" in texts(app)
    assert app.selectbox(key="builder_chart_value").value == "average__revenue"
