"""Runs in memory, with the signatures the screens call."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from core.domain.artifact import Artifact, Manifest
from core.domain.delivery import Delivery, DeliveryState
from core.domain.file_options import FileOptions
from core.domain.link import LinkResult, LinkUse
from core.domain.run import Run, RunEvent, RunKind, RunState, RunStep
from core.domain.run_filter import RunSort
from core.errors import NotFound
from core.query.executor import NO_PARAMETERS
from core.services.file_choices import check_choices
from core.services.links import LINK_VALID_FOR, LinkHistory, MintedLink
from core.services.standing import CAN_BE_RETRIED, Standing

from . import fake_data as data


class FakeRuns:
    def __init__(self) -> None:
        self.items: dict[UUID, Run] = {}
        self.passwords: list[str | None] = []
        self.dashboards = []
        for n, state in enumerate((RunState.COMPLETED, RunState.PARTIAL, RunState.FAILED, RunState.RUNNING)):
            run = make_run(f"run {n}", state, data.NOW - timedelta(days=7 * n, minutes=5))
            self.items[run.id] = run

    def list_runs(
        self,
        principal,
        *,
        schedule_id=None,
        report_id=None,
        dashboard_id=None,
        state=None,
        kind=None,
        since=None,
        until=None,
        sort=RunSort.NEWEST,
        page=1,
        limit=50,
    ):
        found = [
            run
            for run in self.items.values()
            if schedule_id in (None, run.schedule_id)
            and report_id in (None, run.report_id)
            and state in (None, run.state)
        ]
        return data.page_of(sorted(found, key=lambda run: run.created_at, reverse=True), page, limit)

    def get_run(self, principal, run_id):
        if run_id not in self.items:
            raise NotFound
        return self.items[run_id]

    def standing(self, principal, run_id):
        run = self.get_run(principal, run_id)
        is_running = run.state is RunState.RUNNING
        return Standing(
            run_id=run_id,
            state=run.state,
            elapsed_s=12.0 if is_running else None,
            expected_s=None,
            remaining_s=None,
            based_on=3 if is_running else 0,
            remaining_in_words="About 40 seconds left." if is_running else None,
            runs_before=0,
            waiting_because=run.held_because or run.waiting_for,
            may_cancel=not run.state.is_final,
            may_retry=run.state in CAN_BE_RETRIED,
            may_resend_failed=any(one.state is DeliveryState.FAILED for one in run.deliveries),
            may_decide=run.state is RunState.HELD,
            may_pin=run.state.is_final,
        )

    def _add(self, kind, formats=("pdf",)):
        run = replace(make_run(uuid4().hex, RunState.COMPLETED, data.NOW, formats), kind=kind)
        self.items[run.id] = run
        return run

    def export(
        self,
        principal,
        report_id,
        formats,
        *,
        parameters=NO_PARAMETERS,
        as_of=None,
        options=FileOptions(),
        password=None,
    ):
        return self._exported(formats, options, password)

    def export_dashboard(
        self,
        principal,
        dashboard_id,
        formats,
        *,
        filters=NO_PARAMETERS,
        as_of=None,
        options=FileOptions(),
        password=None,
    ):
        self.dashboards.append((dashboard_id, formats))
        return self._exported((formats,), options, password)

    def export_draft(
        self,
        principal,
        definition,
        title,
        formats,
        *,
        parameters=NO_PARAMETERS,
        as_of=None,
        options=FileOptions(),
        password=None,
    ):
        return self._exported(formats, options, password)

    def _exported(self, formats, options, password):
        checked = check_choices(options, place="options")
        self.passwords.append(password)
        run = replace(self._add(RunKind.EXPORT, formats), file_options=checked)
        self.items[run.id] = run
        return run

    def run_schedule_now(self, principal, schedule_id, *, as_of=None):
        return self._add(RunKind.MANUAL)

    def test_schedule(self, principal, schedule_id, *, recipient=None):
        return self._add(RunKind.TEST)

    def cancel(self, principal, run_id):
        self.items[run_id] = replace(self.items[run_id], state=RunState.CANCELLED)
        return self.items[run_id]

    def retry(self, principal, run_id):
        self.items[run_id] = replace(self.items[run_id], state=RunState.PENDING)
        return self.items[run_id]

    def resend_delivery(self, principal, delivery_id):
        run = next(run for run in self.items.values() if any(item.id == delivery_id for item in run.deliveries))
        served = tuple(replace(item, state=DeliveryState.SENT, error_message=None) for item in run.deliveries)
        self.items[run.id] = replace(run, deliveries=served, state=RunState.COMPLETED)
        return self.items[run.id]


class FakeLinks:
    def __init__(self):
        self.revoked = []

    def history(self, principal, link_id):
        use = LinkUse(at=data.NOW, network="192.0.2.0/24", result=LinkResult.OPENED)
        return LinkHistory(link=None, uses=(use,))

    def revoke(self, principal, link_id):
        self.revoked.append(link_id)

    def mint(self, principal, artifact_id, *, valid_for=None, max_uses=None, recipient=None):
        expires_at = data.NOW + (valid_for or LINK_VALID_FOR)
        return MintedLink(id=uuid4(), path=f"/d/{artifact_id}", expires_at=expires_at)


def make_run(name, state, at, formats=("pdf", "xlsx")):
    """A run in `state`, with files unless it failed."""
    run_id = data.make_id(name)
    failed = state is RunState.FAILED
    done = state in (RunState.COMPLETED, RunState.PARTIAL)
    bad = DeliveryState.FAILED if state is RunState.PARTIAL else DeliveryState.SENT
    return Run(
        id=run_id,
        organization_id=data.ORGANIZATION,
        kind=RunKind.SCHEDULED,
        state=state,
        step=RunStep.DONE,
        schedule_id=data.make_id("schedule Usage Summary"),
        schedule_name="Usage Summary, regularly",
        report_id=data.make_id("Usage Summary"),
        title="Usage Summary",
        report_version=3,
        definition=data.SUMMARY,
        parameters={},
        file_options=FileOptions(),
        requested_by=data.ADA,
        formats=tuple(formats),
        logical_at=at,
        scheduled_for=at,
        created_at=at,
        started_at=at,
        finished_at=at + timedelta(seconds=4) if done or failed else None,
        attempt=1,
        rows_matched=None if failed else 5231,
        rows_delivered=None if failed else 1000,
        query_s=0.42,
        render_s=2.1 if done else None,
        deliver_s=0.6 if done else None,
        error_code="source_unavailable" if failed else None,
        error_message="The source did not answer. Check that its server is up, then retry the run." if failed else None,
        artifacts=tuple(_artifact(run_id, key) for key in formats) if done else (),
        deliveries=(_delivery(run_id, "ada@example.com", DeliveryState.SENT), _delivery(run_id, "bob@example.com", bad))
        if done
        else (),
        events=(
            RunEvent(at=at, name="created", message="Planned for its slot."),
            RunEvent(at=at + timedelta(seconds=1), name="queried", message="1,000 of 5,231 rows read."),
        ),
    )


def _artifact(run_id, key):
    manifest = Manifest(
        report_id=None,
        report_version=3,
        title="Usage Summary",
        filters_in_words=(),
        period=None,
        logical_at=data.NOW,
        as_of=data.NOW,
        rows_matched=5231,
        rows_delivered=1000,
        row_limit=1000,
        altered={},
        notes=(),
        definition_sha256="",
        generator="",
        sha256="",
        size_bytes=48_211,
    )
    return Artifact(
        id=data.make_id(f"{run_id}{key}"),
        run_id=run_id,
        format=key,
        file_name=f"usage-summary.{key}",
        media_type="application/octet-stream",
        store="file",
        storage_key="x",
        sha256="0" * 64,
        size_bytes=48_211,
        manifest=manifest,
        created_at=data.NOW,
    )


def _delivery(run_id, address, state):
    failed = state is DeliveryState.FAILED
    return Delivery(
        id=data.make_id(f"{run_id}{address}"),
        run_id=run_id,
        channel="email",
        address=address,
        role="to",
        state=state,
        attempt=1,
        sent_at=None if failed else data.NOW,
        next_attempt_at=None,
        response="250 queued",
        error_message="The mail server refused this address: no such mailbox." if failed else None,
        reference="<1@x>",
    )
