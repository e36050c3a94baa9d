"""What people do with runs: exporting, sending now, testing, cancelling, trying again, opening files."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.db.database import Database
from core.domain.definition_json import parse_definition
from core.domain.delivery import DeliveryState
from core.domain.run import Run, RunKind, RunState
from core.errors import Conflict, DeliveryRefused, InvalidDefinition, InvalidInput, NotAllowed, NotFound
from core.services.runs import RunService
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import ALICE, BOB, NOW, column, definition_of, insert_report, insert_run, insert_schedule, jobs


@pytest.fixture
def report_id(database: Database, tenant: Tenant) -> UUID:
    return insert_report(database, tenant)


@pytest.fixture
def schedule_id(database: Database, tenant: Tenant, report_id: UUID) -> UUID:
    return insert_schedule(database, tenant, report_id, next_run_at=None, recipients=(ALICE, BOB))


def finish(stack: Stack, service: RunService, tenant: Tenant, run: Run) -> Run:
    stack.pipeline.advance(run.id)
    for delivery in service.get_run(tenant.principal, run.id).deliveries:
        stack.deliverer.deliver(delivery.id)
    return service.get_run(tenant.principal, run.id)


def test_an_export_is_a_run_that_makes_one_file(
    stack: Stack, service: RunService, tenant: Tenant, report_id: UUID
) -> None:
    as_of = NOW - timedelta(days=7)
    run = service.export(tenant.principal, report_id, "csv", as_of=as_of)
    assert (run.kind, run.state, run.report_id, run.report_version) == (
        RunKind.EXPORT,
        RunState.PENDING,
        report_id,
        1,
    )
    assert (run.logical_at, run.formats, run.requested_by) == (as_of, ("csv",), tenant.user_id)
    assert jobs(stack.database) == [("run", None)]
    run = finish(stack, service, tenant, run)
    assert run.state is RunState.COMPLETED
    artifact, file = service.open_artifact(tenant.principal, run.id, "csv")
    with file:
        assert len(file.read()) == artifact.size_bytes
    with pytest.raises(NotFound):
        service.open_artifact(tenant.principal, run.id, "pdf")


def test_an_export_without_an_offset_or_a_known_format_is_refused(
    stack: Stack, service: RunService, tenant: Tenant, report_id: UUID
) -> None:
    with pytest.raises(InvalidInput):
        service.export(tenant.principal, report_id, "docx")
    with pytest.raises(InvalidInput):
        service.export(tenant.principal, report_id, "csv", as_of=datetime(2026, 11, 23))  # noqa: DTZ001 - the point
    with pytest.raises(NotFound):
        service.export(tenant.principal, uuid4(), "csv")
    assert jobs(stack.database) == []


def test_a_draft_is_exported_without_being_saved(
    stack: Stack, service: RunService, tenant: Tenant, report_id: UUID
) -> None:
    with stack.database.organization(tenant.organization_id) as session:
        dataset_id = session.execute(text("SELECT dataset_id FROM reports")).scalar_one()
    definition = parse_definition(definition_of(dataset_id))
    run = service.export_draft(tenant.principal, definition, " My\tdraft ", "csv")
    assert (run.title, run.report_id, run.definition) == ("My draft", None, definition)
    wrong = parse_definition({**definition_of(dataset_id), "columns": ["no_such_field"]})
    with pytest.raises(InvalidDefinition):
        service.export_draft(tenant.principal, wrong, "Wrong", "csv")


def test_sending_now_goes_to_the_recipients_and_a_test_only_to_the_caller(
    stack: Stack, service: RunService, tenant: Tenant, schedule_id: UUID
) -> None:
    now = finish(stack, service, tenant, service.run_schedule_now(tenant.principal, schedule_id))
    assert (now.kind, now.schedule_name, {d.address for d in now.deliveries}) == (
        RunKind.MANUAL,
        "Every day",
        {ALICE.address, BOB.address},
    )
    test = finish(stack, service, tenant, service.test_schedule(tenant.principal, schedule_id))
    assert (test.kind, [d.address for d in test.deliveries]) == (RunKind.TEST, [tenant.principal.email])
    page = service.list_runs(tenant.principal, schedule_id=schedule_id, state=RunState.COMPLETED, limit=1)
    assert (page.total, len(page.items)) == (2, 1)


def test_an_ended_run_is_tried_again_as_a_new_one(
    stack: Stack, service: RunService, tenant: Tenant, schedule_id: UUID
) -> None:
    first = service.run_schedule_now(tenant.principal, schedule_id)
    with pytest.raises(Conflict):
        service.retry(tenant.principal, first.id)
    assert service.cancel(tenant.principal, first.id).state is RunState.CANCELLED
    again = service.retry(tenant.principal, first.id)
    assert (again.id != first.id, again.kind, again.logical_at) == (True, RunKind.MANUAL, first.logical_at)
    assert finish(stack, service, tenant, again).state is RunState.COMPLETED
    assert service.get_run(tenant.principal, first.id).state is RunState.CANCELLED


def test_what_is_tried_again_is_judged_on_the_same_terms(
    database: Database, service: RunService, tenant: Tenant
) -> None:
    terms = {"hold": {"measure": "revenue", "max_change_pct": 50}}
    for kind in (RunKind.BACKFILL, RunKind.SCHEDULED):
        first = insert_run(database, tenant, kind=kind, terms=terms)
        service.cancel(tenant.principal, first)
        again = service.retry(tenant.principal, first)
        assert column(database, tenant, "terms", again.id) == terms


def test_a_failed_delivery_can_be_sent_again_and_a_sent_one_cannot(
    stack: Stack, service: RunService, tenant: Tenant, schedule_id: UUID
) -> None:
    stack.channel.errors = [DeliveryRefused("No such mailbox.")]
    run = finish(stack, service, tenant, service.run_schedule_now(tenant.principal, schedule_id))
    failed, sent = sorted(run.deliveries, key=lambda delivery: delivery.state is DeliveryState.SENT)
    with pytest.raises(Conflict):
        service.resend_delivery(tenant.principal, sent.id)
    service.resend_delivery(tenant.principal, failed.id)
    stack.deliverer.deliver(failed.id)
    stack.deliverer.deliver(sent.id)
    again = service.get_run(tenant.principal, run.id)
    assert {d.state for d in again.deliveries} == {DeliveryState.SENT}
    assert (run.state, again.state, again.error_message) == (RunState.PARTIAL, RunState.COMPLETED, None)
    assert len(stack.channel.accepted()) == 2


def test_a_viewer_sees_runs_and_starts_none(
    service: RunService, tenant: Tenant, make_organization: Callable[..., Tenant], database: Database
) -> None:
    viewer = make_organization(role="viewer")
    report_id = insert_report(database, viewer)
    schedule_id = insert_schedule(database, viewer, report_id, next_run_at=None)
    principal = viewer.principal
    assert service.list_runs(principal).total == 0
    refused: list[Callable[[], object]] = [
        lambda: service.export(principal, report_id, "csv"),
        lambda: service.run_schedule_now(principal, schedule_id),
        lambda: service.test_schedule(principal, schedule_id),
        lambda: service.cancel(principal, uuid4()),
        lambda: service.retry(principal, uuid4()),
        lambda: service.resend_delivery(principal, uuid4()),
        lambda: service.open_artifact(principal, uuid4(), "csv"),
    ]
    for action in refused:
        with pytest.raises(NotAllowed):
            action()


def test_another_organization_reaches_nothing(
    stack: Stack,
    service: RunService,
    tenant: Tenant,
    make_organization: Callable[..., Tenant],
    schedule_id: UUID,
) -> None:
    run = finish(stack, service, tenant, service.run_schedule_now(tenant.principal, schedule_id))
    stranger = make_organization().principal
    reached: list[Callable[[], object]] = [
        lambda: service.get_run(stranger, run.id),
        lambda: service.run_schedule_now(stranger, schedule_id),
        lambda: service.cancel(stranger, run.id),
        lambda: service.retry(stranger, run.id),
        lambda: service.resend_delivery(stranger, run.deliveries[0].id),
        lambda: service.open_artifact(stranger, run.id, "csv"),
    ]
    for action in reached:
        with pytest.raises(NotFound):
            action()


def test_the_queue_is_counted(service: RunService, tenant: Tenant, schedule_id: UUID, stack: Stack) -> None:
    run = service.run_schedule_now(tenant.principal, schedule_id)
    stats = service.queue_stats(tenant.principal)
    assert (stats.runs, stats.deliveries, stats.oldest_waiting_since) == ({"pending": 1}, {}, NOW)
    stack.pipeline.advance(run.id)
    stats = service.queue_stats(tenant.principal)
    assert (stats.runs, stats.deliveries, stats.oldest_waiting_since) == ({"running": 1}, {"pending": 2}, None)
