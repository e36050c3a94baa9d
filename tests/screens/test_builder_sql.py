"""The SQL beside the report: for those who may see it, closed at first, open again when they come back."""

from dataclasses import replace

from pages.widgets import keys

from . import fake_data, fake_services

SUMMARY = fake_data.make_id("Usage Summary")


def tabs(app):
    return [tab.label for tab in app.tabs]


def test_the_sql_is_closed_at_first_and_stays_open_once_opened(open_screen):
    app = open_screen("builder.py", report=str(SUMMARY))
    assert tabs(app) == ["Table", "Chart", "More", "SQL"]
    assert not app.code
    app.session_state[keys.BUILDER_TABS] = "SQL"
    app.run()
    assert app.code[0].value == "SELECT\n  'DE'"
    app.switch_page("reports.py").run()
    app.query_params["report"] = str(SUMMARY)
    app.switch_page("builder.py").run()
    assert app.code[0].value == "SELECT\n  'DE'"


def test_whoever_may_not_see_sql_has_no_such_tab(open_screen, services):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("viewer")
    app = open_screen("builder.py", report=str(SUMMARY))
    assert tabs(app) == ["Table", "Chart", "More"]


def test_a_data_policy_keeps_the_sql_and_says_so(open_screen, services, monkeypatch):
    asked = services.reports.preview
    monkeypatch.setattr(services.reports, "preview", lambda *a, **k: replace(asked(*a, **k), sql=None))
    app = open_screen("builder.py", report=str(SUMMARY))
    app.session_state[keys.BUILDER_TABS] = "SQL"
    app.run()
    assert not app.code
    assert "data policy" in app.info[0].value
