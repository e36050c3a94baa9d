"""What was done is listed, looked into and checked; limits are shown with what is used."""

from pages.widgets import keys

from . import fake_data


def html(app):
    return " ".join(str(item.value) for item in app.html)


def test_events_are_listed_and_turned_over(open_screen):
    app = open_screen("audit.py")
    assert not app.exception
    assert "Thing 0" in html(app)
    assert "Erased" in html(app)
    assert "50 events" in app.caption[0].value
    app.button(key=keys.AUDIT_OLDER).click().run()
    assert "Thing 49" in html(app)
    assert not [button for button in app.button if button.key == keys.AUDIT_OLDER]
    app.button(key=keys.AUDIT_NEWER).click().run()
    assert "Thing 0" in html(app)
    app.selectbox(key=keys.AUDIT_ACTION).select("schedule.changed").run()
    assert "Thing 1" not in html(app)


def test_the_check_says_what_it_found(open_screen, services):
    app = open_screen("audit.py")
    app.button(key=keys.AUDIT_CHECK).click().run()
    assert "50 events stand as written down" in app.success[0].value
    services.audit.broken = "Link 3: its event was removed."
    app.button(key=keys.AUDIT_CHECK).click().run()
    assert "was removed" in app.error[0].value


def test_an_event_shows_before_and_after(open_screen):
    shown = html(open_screen("audit.py", event=str(fake_data.make_id("event 0"))))
    assert "<th>Before</th><th>After</th>" in shown
    assert "<td>Old &lt;b&gt;</td><td>New</td>" in shown


def test_limits_are_shown_and_changed(open_screen, services):
    app = open_screen("quotas.py")
    assert not app.exception
    assert '">3<span class="bs-only-narrow"> used' in html(app)
    assert "This organization" in html(app)
