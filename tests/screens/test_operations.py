"""How it stands is shown part by part, and thresholds of alerts are changed."""

from core.domain.operations import Scope
from core.domain.operations_alerts import AlertKind
from core.errors import DatabaseUnavailable
from pages.widgets import operations_alerts
from pages.widgets import operations_keys as keys

from . import fake_data, fake_services


def html(app):
    return " ".join(str(item.value) for item in app.html)


def test_what_waits_and_fails_comes_first(open_screen, services):
    app = open_screen("operations.py")
    assert "waiting for 16 minutes" in app.warning[0].value
    assert "8 minutes" in html(app)
    assert "The source is away." in html(app)
    assert "Worker 1" in app.markdown[0].value
    app.segmented_control(key=keys.OPERATIONS_SHOWN).set_value("reports").run()
    app.selectbox(key=keys.OPERATIONS_DAYS).set_value(30).run()
    assert services.operations.asked == (Scope.ORGANIZATION, 30)
    assert "21 s" in html(app)
    assert "2.0 MB" in html(app)
    assert "Usage \\<b\\> \\(Elsewhere\\)" in app.markdown[0].value
    app.segmented_control(key=keys.OPERATIONS_SHOWN).set_value("files").run()
    assert "9 files of 4.1 MB together" in html(app)
    assert not [one for one in app.selectbox if one.key == keys.OPERATIONS_SCOPE], "an organization's own"


def test_who_looks_after_the_installation_sees_all(open_screen, services):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("installation_admin")
    app = open_screen("operations.py")
    app.selectbox(key=keys.OPERATIONS_SCOPE).set_value(Scope.INSTALLATION).run()
    assert services.operations.asked == (Scope.INSTALLATION, 7)


def test_a_threshold_is_changed(open_screen, services, monkeypatch):
    monkeypatch.setattr(operations_alerts.rows, "menu", lambda key, options: options[0] if "failures" in key else None)
    app = open_screen("operations.py")
    app.segmented_control(key=keys.OPERATIONS_SHOWN).set_value("alerts").run()
    assert "30 %" in html(app)
    app.radio(key=keys.OPERATIONS_CHOICE).set_value("own").run()
    app.number_input(key=keys.OPERATIONS_NUMBER).set_value(12).run()
    app.button(key=keys.OPERATIONS_SAVE).click().run()
    assert services.alerts.own == {AlertKind.FAILURES: 12}


def test_an_error_is_said(open_screen, services):
    services.operations.error = DatabaseUnavailable()
    app = open_screen("operations.py")
    assert DatabaseUnavailable().user_message in app.error[0].value
