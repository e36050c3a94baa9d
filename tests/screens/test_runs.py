"""The runs: filtered, and one in full with what it waits for, what changed and what can be done about it."""

from dataclasses import replace

import pytest

from core.domain.run import RunEvent, RunState
from pages.widgets import keys

from . import fake_data, fake_services

CHANGES = {
    "since": "2026-11-16T14:00:00+00:00",
    "since_run": str(fake_data.make_id("run 1")),
    "in_words": "",
    "rows": 12,
    "added": 14,
    "removed": 2,
    "changed": 3,
    "is_same": False,
    "measures": [{"label": "Revenue", "before": "100 EUR", "after": "104 EUR", "percent": 4.0}],
}


def html(app):
    return " ".join(str(item.value) for item in app.html)


def change(services, name, **changes):
    run_id = fake_data.make_id(name)
    services.runs.items[run_id] = replace(services.runs.items[run_id], **changes)
    return run_id


def test_runs_are_filtered_by_state_and_schedule(open_screen):
    app = open_screen("runs.py")
    app.selectbox(key=keys.RUNS_FILTER).set_value(RunState.FAILED).run()
    assert "Failed" in html(app)
    assert "Completed" not in html(app)
    app.selectbox(key=keys.RUNS_SCHEDULE).set_value(fake_data.make_id("schedule Churn watch")).run()
    assert "No run is like that" in app.markdown[-1].value


def test_a_running_run_says_how_long_it_takes_yet(open_screen):
    app = open_screen("runs.py", run=str(fake_data.make_id("run 3")))
    said = [item.value for item in app.caption]
    assert "Running for 12 s. About 40 seconds left. Judged by 3 runs before." in said


def test_a_waiting_run_says_what_for(open_screen, services):
    run_id = change(services, "run 3", state=RunState.WAITING, waiting_for="It waits for fresh data.")
    assert open_screen("runs.py", run=str(run_id)).info[0].value == "It waits for fresh data."


def test_a_skipped_run_says_why(open_screen, services):
    event = RunEvent(at=fake_data.NOW, name="skipped", message="Revenue was 90 EUR, not above 100.")
    run_id = change(services, "run 0", state=RunState.SKIPPED, events=(event,))
    assert open_screen("runs.py", run=str(run_id)).info[0].value == event.message


@pytest.mark.parametrize(
    ("button", "state"), [(keys.RUN_APPROVE, RunState.PENDING), (keys.RUN_REJECT, RunState.CANCELLED)]
)
def test_a_held_run_is_let_go_or_rejected(open_screen, services, button, state):
    run_id = change(services, "run 3", state=RunState.HELD, held_because="Revenue moved by 80%.")
    app = open_screen("runs.py", run=str(run_id))
    assert app.warning[0].value == "Revenue moved by 80%."
    app.text_input(key=keys.RUN_REJECT_BECAUSE).set_value("Wrong numbers")
    app.button(key=button).click().run()
    assert services.runs.items[run_id].state is state
    assert services.approvals.reasons == (["Wrong numbers"] if state is RunState.CANCELLED else [])


def test_failed_deliveries_are_sent_again_in_one_step(open_screen, services):
    run_id = fake_data.make_id("run 1")
    app = open_screen("runs.py", run=str(run_id))
    app.button(key=keys.RUN_RESEND).click().run()
    assert services.runs.items[run_id].state is RunState.COMPLETED


def test_a_run_is_kept_and_let_go(open_screen, services):
    run_id = fake_data.make_id("run 0")
    app = open_screen("runs.py", run=str(run_id))
    app.button(key=keys.RUN_PIN).click().run()
    assert services.runs.items[run_id].pinned_at == fake_data.NOW
    assert app.button(key=keys.RUN_PIN).label == "Keep no longer"
    assert "Kept" in html(app)


def test_what_changed_is_told_in_figures_and_rows(open_screen, services):
    run_id = change(services, "run 0", fingerprint={"changes": CHANGES}, is_stale=True)
    shown = html(open_screen("runs.py", run=str(run_id)))
    assert "Changed since Mon 16 Nov 2026, 09:00" in shown
    assert "+4.0%" in shown
    assert "100 EUR before, 104 EUR now" in shown
    assert "14 added, 2 removed, 3 changed" in shown
    assert "Data not fresh" in shown


def test_a_viewer_still_sees_the_run(open_screen, services):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("viewer")
    app = open_screen("runs.py", run=str(fake_data.make_id("run 0")))
    assert len(app.link_button) == 0
    assert app.title[0].value == "Usage Summary"
