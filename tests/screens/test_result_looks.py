"""Conditional formatting in the builder's table, and the links to its chart as a picture."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from core.domain.access import BUILT_IN_ROLES, Permission
from core.domain.appearance import Chart, ChartKind, FormatRule, RuleKind, Tone
from core.domain.filter import Operator

from . import fake_data, fake_services

SUMMARY = fake_data.make_id("Usage Summary")
RULES = (
    FormatRule(key="sum__revenue", operator=Operator.AT_LEAST, values=(0,), tone=Tone.BAD),
    FormatRule(key="count", kind=RuleKind.SCALE),
)


def texts(app):
    return " ".join(item.value for item in app.caption).replace("\\", "")


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
    with_rules(services, FormatRule(key="count", kind=RuleKind.BAR))
    app = open_screen("builder.py", report=str(SUMMARY))
    assert '"type": "progress"' in app.dataframe[0].proto.columns
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
    app.button(key="builder_field_country").click().run()
    assert all(link.disabled for link in links(app))


def test_who_may_not_export_is_offered_no_picture(services, open_screen):
    role = next(name for name, held in BUILT_IN_ROLES.items() if Permission.MANAGE_EXPORTS not in held)
    with_chart(services)
    services.access = fake_services.FakeAccess(role)
    assert links(open_screen("builder.py", report=str(SUMMARY))) == []
