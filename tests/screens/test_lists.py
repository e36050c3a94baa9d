from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.delivery import DeliveryState
from core.domain.run import RunState
from pages.widgets import keys

from . import fake_data, fake_services


def links(app):
    return [item.value for item in app.page_link]


def html(app):
    return " ".join(str(item.value) for item in app.html)


def test_reports_are_listed_with_next_run_and_last_result(open_screen):
    app = open_screen()
    assert "Usage Summary" in links(app)
    assert "Thu 26 Nov 2026, 09:05 (New York)" in html(app)
    assert "Partly delivered" in html(app)


def test_reports_are_searched(open_screen):
    app = open_screen()
    app.text_input(key=keys.REPORTS_SEARCH).set_value("churn").run()
    assert links(app) == ["Churn watch"]
    app.text_input(key=keys.REPORTS_SEARCH).set_value("zebra").run()
    assert "No report is like that" in app.markdown[-1].value


def test_a_schedule_is_paused_and_resumed_with_its_switch(open_screen, services):
    schedule_id = fake_data.make_id("schedule Usage Summary")
    app = open_screen("schedules.py")
    app.toggle(key=f"schedules_active_{schedule_id}").set_value(False).run()
    assert not services.schedules.items[schedule_id].is_active
    assert "Paused" in html(app)
    app.toggle(key=f"schedules_active_{schedule_id}").set_value(True).run()
    assert services.schedules.items[schedule_id].is_active


@pytest.mark.parametrize(("role", "shown"), [("editor", False), ("publisher", True)])
@pytest.mark.parametrize("screen", ["reports.py", "schedules.py"])
def test_only_who_manages_schedules_is_offered_to_send_one(open_screen, services, monkeypatch, role, shown, screen):
    offered = set()
    monkeypatch.setattr("pages.widgets.rows.menu", lambda _key, options: offered.update(options))
    services.access.sessions[fake_services.TOKEN] = fake_data.principal(role)
    open_screen(screen)
    assert "History" in offered
    assert ("Send now" in offered) is shown


@pytest.mark.parametrize(("role", "shown"), [("viewer", False), ("editor", True)])
def test_only_who_makes_files_is_offered_a_download(open_screen, services, monkeypatch, role, shown):
    offered = set()
    monkeypatch.setattr("pages.widgets.rows.menu", lambda _key, options: offered.update(options))
    services.access.sessions[fake_services.TOKEN] = fake_data.principal(role)
    open_screen("reports.py")
    assert ("Download …" in offered) is shown


def test_runs_show_their_states(open_screen):
    app = open_screen("runs.py")
    shown = html(app)
    assert all(word in shown for word in ("Completed", "Partly delivered", "Failed", "Running"))
    assert "1,000" in shown


def test_a_failed_run_says_why_and_can_be_tried_again(open_screen, services):
    run_id = fake_data.make_id("run 2")
    app = open_screen("runs.py", run=str(run_id))
    assert "The source did not answer" in app.error[0].value
    app.button(key=keys.RUN_RETRY).click().run()
    assert services.runs.items[run_id].state is RunState.PENDING


def test_a_failed_delivery_can_be_sent_again(open_screen, services):
    run_id = fake_data.make_id("run 1")
    app = open_screen("runs.py", run=str(run_id))
    assert "no such mailbox" in html(app)
    app.button(key=f"run_resend_{fake_data.make_id(f'{run_id}bob@example.com')}").click().run()
    assert services.runs.items[run_id].state is RunState.COMPLETED


def test_files_of_a_run_come_from_signed_links(open_screen):
    app = open_screen("runs.py", run=str(fake_data.make_id("run 0")))
    assert [item.url[:3] for item in app.link_button] == ["/d/", "/d/"]


def test_a_file_whose_time_is_over_says_so_instead_of_offering_itself(open_screen, services):
    run_id = fake_data.make_id("run 0")
    run = services.runs.items[run_id]
    gone = tuple(replace(file, deleted_at=file.created_at + timedelta(days=90, hours=3)) for file in run.artifacts)
    services.runs.items[run_id] = replace(run, artifacts=gone)
    app = open_screen("runs.py", run=str(run_id))
    assert len(app.link_button) == 0
    assert "The file was removed after 90 days." in [item.value for item in app.caption]


def test_what_was_sent_is_found_by_its_address(open_screen, services):
    app = open_screen("sent.py")
    assert len(app.get("page_link")) == 2
    app.text_input(key=keys.SENT_SEARCH).set_value("ada").run()
    assert len(app.get("page_link")) == 1
    app.text_input(key=keys.SENT_SEARCH).set_value("nobody").run()
    assert any("Nothing is like that" in item.value for item in app.markdown)


def test_a_delivery_shows_its_mail_in_a_sandbox_with_answers_and_files(open_screen, services):
    line = services.sent.lines[0]
    app = open_screen("sent.py", delivery=str(line.id))
    frame = app.get("iframe")[0].proto
    assert 'sandbox="allow-popups' in frame.srcdoc
    assert "&lt;h2" in frame.srcdoc
    said = " ".join(item.value for item in app.caption)
    assert "250 queued" in said
    assert "f" * 64 in said
    assert "used once" in said
    assert not [item for item in app.button if item.key == keys.SENT_RESEND]


def test_who_used_a_link_is_told_and_it_is_taken_back(open_screen, services):
    app = open_screen("sent.py", delivery=str(services.sent.lines[0].id))
    link_id = services.sent.get(None, services.sent.lines[0].id).links[0].id
    app.session_state[f"link_uses_{link_id}"] = True
    app.run()
    assert any("192.0.2.0/24 opened the file" in item.value for item in app.caption)
    app.button(key=f"link_revoke_{link_id}").click().run()
    assert services.links.revoked == [link_id]


def test_only_what_was_not_served_is_sent_again(open_screen, services, monkeypatch):
    sent = []
    monkeypatch.setattr(services.runs, "resend_delivery", lambda _principal, delivery_id: sent.append(delivery_id))
    app = open_screen("sent.py", delivery=str(services.sent.lines[1].id))
    app.button(key=keys.SENT_RESEND).click().run()
    assert sent == [services.sent.lines[1].id]


def test_who_was_left_out_can_be_sent_to_again(open_screen, services):
    left_out = replace(services.sent.lines[1], state=DeliveryState.SUPPRESSED)
    services.sent.lines = (services.sent.lines[0], left_out)
    app = open_screen("sent.py", delivery=str(left_out.id))
    assert app.button(key=keys.SENT_RESEND).label == "Send again"


def test_the_account_says_who_is_signed_in(open_screen):
    assert open_screen("account.py").title[0].value == "Ada Lovelace"
