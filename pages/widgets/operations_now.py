"""How it stands now: what waits, who works, which schedules fail."""

import streamlit as st

from core.domain.access import Principal
from core.domain.operations import Daemon, FailingSchedule, Operations
from core.domain.operations_alerts import minutes_words
from pages.widgets import rows, words
from pages.widgets.states import empty, mark

FAILING = (
    rows.Column(title="Failures", width=90, is_number=True),
    rows.Column(title="Last", width=110),
    rows.Column(title="Since", width=210, narrow=False),
)
WORKERS = (
    rows.Column(title="State", width=120),
    rows.Column(title="Last sign of life", width=150),
    rows.Column(title="Started", width=210, narrow=False),
)


def now(principal: Principal, found: Operations) -> None:
    """Draw it."""
    _figures(found)
    section("Failing schedules")
    if found.failing:
        with st.container(gap=None):
            rows.heading("Schedule", FAILING, tail=0)
            for schedule in found.failing:
                _failing(principal, found, schedule)
    else:
        say("No schedule fails. One whose last report did not arrive is listed here until it works again.")
    section("Workers")
    if found.daemons:
        with st.container(gap=None):
            rows.heading("Worker", WORKERS, tail=0)
            for number, daemon in enumerate(found.daemons, 1):
                _worker(principal, found, daemon, number)
    else:
        empty(
            "Nothing makes or sends reports",
            "No worker was heard of in the last hour. Ask whoever runs this installation to start one.",
            icon=":material/power_off:",
        )


def section(title: str) -> None:
    """Draw the title of a part: on narrow screens lists have no headings."""
    st.html(f'<h2 class="bs-section">{words.html(title)}</h2>')


def say(text: str) -> None:
    """Say that a part is empty, and what would fill it."""
    st.html(f'<p class="bs-quiet bs-lead">{words.html(text)}</p>')


def whose(found_in: str, principal: Principal, name: str) -> str:
    """Return a name, with the organization it is of where that is another one."""
    return name if found_in == principal.organization else f"{name} ({found_in})"


def _figures(found: Operations) -> None:
    runs, waits = found.queue.runs, found.waits
    running, held = runs.get("running", 0), runs.get("held", 0)
    figures = {
        "Reports waiting": f"{found.queue.depth:,}",
        "Longest wait": "None" if waits is None else minutes_words(waits),
        "Being made": f"{running:,} of {found.workers:,}" if found.workers else f"{running:,}",
        "Held for approval": f"{held:,}",
        "On their way to people": f"{sum(found.queue.deliveries.values()):,}",
    }
    with st.container(key="operations_figures", horizontal=True, gap="medium"):
        for label, value in figures.items():
            title = f'<div class="bs-eyebrow">{words.html(label)}</div>'
            st.html(f'{title}<div class="bs-when">{words.html(value)}</div>', width="content")


def _failing(principal: Principal, found: Operations, schedule: FailingSchedule) -> None:
    cells = (
        rows.count(schedule.failures, "failure"),
        rows.fact(words.ago(schedule.last_failed_at, found.at), quiet=True),
        rows.fact(words.moment(schedule.failing_since, principal.timezone, zone=False), quiet=True),
    )
    with rows.line(f"failing_{schedule.schedule_id}"):
        name = whose(schedule.organization, principal, schedule.name)
        rows.row(name, _way(principal, schedule), FAILING, cells)
    if schedule.reason:
        st.html(f'<p class="bs-because bs-quiet">{words.html(schedule.reason)}</p>')


def _way(principal: Principal, schedule: FailingSchedule) -> rows.Link | None:
    """The run says why it failed; what is another organization's is not opened from here."""
    if schedule.organization_id != principal.organization_id:
        return None
    if schedule.last_run_id is None:
        return rows.Link(page="schedule_form.py", query={"schedule": str(schedule.schedule_id)})
    return rows.Link(page="runs.py", query={"run": str(schedule.last_run_id)})


def _worker(principal: Principal, found: Operations, daemon: Daemon, number: int) -> None:
    cells = (
        mark("Silent", "red") if daemon.is_silent else mark("At work", "green"),
        rows.fact(words.ago(daemon.seen_at, found.at), quiet=True),
        rows.fact(words.moment(daemon.started_at, principal.timezone, zone=False), quiet=True),
    )
    name = f"{daemon.host}, process {daemon.process_id}" if daemon.host else f"Worker {number}"
    with rows.line(f"worker_{number}"):
        rows.row(name, None, WORKERS, cells)
