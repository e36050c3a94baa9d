"""Fields that go from under reports: what a failed run notes, what a good one forgets, and mails that come once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.db import notice_repository
from core.db.database import Database
from core.domain.catalog import Notice
from core.errors import DeliveryDeferred, DeliveryRefused, FieldMissing, QueryFailed
from core.runs.notices import LEASE, WAITS
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.integration.api_parts import side_by_side
from tests.run_parts import insert_report

GONE = FieldMissing("Weekly revenue has no country any more.", fields=("country",))


def notices(stack: Stack, tenant: Tenant) -> tuple[Notice, ...]:
    with stack.database.organization(tenant.organization_id) as session:
        return notice_repository.list_notices(session)


@pytest.fixture
def lost(stack: Stack, make_run: Callable[..., UUID], tenant: Tenant) -> Stack:
    """A run failed because a field is gone."""
    stack.executor.error = GONE
    stack.pipeline.advance(make_run())
    assert [(notice.field, notice.told_at) for notice in notices(stack, tenant)] == [("country", None)]
    return stack


def test_the_owner_is_told_once_however_often_it_fails(
    lost: Stack, make_run: Callable[..., UUID], tenant: Tenant, clock: FixedClock
) -> None:
    assert (lost.missing.tell(), lost.missing.tell()) == (1, 0)
    lost.pipeline.advance(make_run())
    clock.advance(timedelta(days=30))
    assert lost.missing.tell() == 0
    assert [one["to"] for one in lost.channel.accepted()] == [tenant.principal.email]
    told = notices(lost, tenant)
    assert [notice.told_at is not None for notice in told] == [True]


def test_a_run_that_works_forgets_and_the_next_loss_is_news(
    lost: Stack, make_run: Callable[..., UUID], tenant: Tenant, clock: FixedClock
) -> None:
    assert lost.missing.tell() == 1
    lost.executor.error = None
    lost.pipeline.advance(make_run())
    assert notices(lost, tenant) == ()
    clock.advance(timedelta(hours=1))
    lost.executor.error = GONE
    lost.pipeline.advance(make_run())
    assert lost.missing.tell() == 1
    references = [one["reference"] for one in lost.channel.accepted()]
    assert len(set(references)) == 2


def test_another_failure_says_nothing_and_an_older_version_forgets_nothing(
    stack: Stack, make_run: Callable[..., UUID], tenant: Tenant
) -> None:
    stack.executor.error = QueryFailed()
    stack.pipeline.advance(make_run())
    assert notices(stack, tenant) == ()
    stack.executor.error = GONE
    stack.pipeline.advance(make_run())
    stack.executor.error = None
    stack.pipeline.advance(make_run(report_version=7))
    assert [notice.field for notice in notices(stack, tenant)] == ["country"]


def test_only_reports_that_use_the_field_lost_it(stack: Stack, make_run: Callable[..., UUID], tenant: Tenant) -> None:
    stack.executor.error = FieldMissing(fields=("amount", "region"))
    stack.pipeline.advance(make_run())
    assert notices(stack, tenant) == ()


def test_a_mail_that_cannot_go_now_goes_later_and_not_for_ever(lost: Stack, tenant: Tenant, clock: FixedClock) -> None:
    for wait in WAITS:
        lost.channel.errors = [DeliveryDeferred()]
        assert lost.missing.tell() == 0
        assert lost.missing.tell() == 0
        clock.advance(wait)
    assert lost.missing.tell() == 1
    assert len(lost.channel.accepted()) == 1


@pytest.mark.parametrize("after_all", [False, True])
def test_who_cannot_be_reached_is_not_tried_for_ever(lost: Stack, clock: FixedClock, *, after_all: bool) -> None:
    if after_all:
        for wait in (*WAITS, timedelta()):
            lost.channel.errors = [DeliveryDeferred()]
            lost.missing.tell()
            clock.advance(wait)
    else:
        lost.channel.errors = [DeliveryRefused()]
        lost.missing.tell()
    clock.advance(timedelta(days=365))
    assert lost.missing.tell() == 0
    assert lost.channel.accepted() == []


def test_a_process_that_dies_over_a_mail_leaves_it_to_the_next_under_the_same_name(
    lost: Stack, clock: FixedClock
) -> None:
    lost.channel.errors_after = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        lost.missing.tell()
    assert lost.missing.tell() == 0
    clock.advance(LEASE)
    assert lost.missing.tell() == 1
    assert len({one["reference"] for one in lost.channel.accepted()}) == 1


def test_daemons_side_by_side_send_one_mail(lost: Stack) -> None:
    sent = side_by_side(lambda _: lost.missing.tell(), 6)
    assert sorted(sent) == [0, 0, 0, 0, 0, 1]
    assert len(lost.channel.accepted()) == 1


def test_an_owner_who_left_is_not_written_to(lost: Stack, database: Database, tenant: Tenant) -> None:
    with database.organization(tenant.organization_id) as session:
        session.execute(text("UPDATE users SET is_active = false"))
    assert lost.missing.tell() == 0
    assert lost.channel.accepted() == []


def test_each_organization_is_told_of_its_own(
    stack: Stack, make_organization: Callable[..., Tenant], database: Database
) -> None:
    tenants = [make_organization() for _ in range(2)]
    for tenant in tenants:
        insert_report(database, tenant, name=f"Report of {tenant.principal.name}")
        with database.organization(tenant.organization_id) as session:
            dataset_id = session.execute(text("SELECT id FROM datasets")).scalar_one()
        stack.missing.found(tenant.organization_id, dataset_id, ("country",))
        stack.missing.found(tenant.organization_id, uuid4(), ("country",))
    assert stack.missing.tell() == 2
    for message, one in zip(stack.channel.messages, stack.channel.accepted(), strict=True):
        owner = next(tenant for tenant in tenants if tenant.principal.email == one["to"])
        assert f"Report of {owner.principal.name}" in message.text
        assert owner.principal.organization in message.html
        assert message.attachments == ()


def test_one_mail_names_everything_an_owner_lost(stack: Stack, tenant: Tenant, database: Database) -> None:
    names = ["<b>First</b>", "Second"]
    for name in names:
        insert_report(database, tenant, name=name)
    with database.organization(tenant.organization_id) as session:
        dataset_ids = session.execute(text("SELECT id FROM datasets")).scalars().all()
    for dataset_id in dataset_ids:
        stack.missing.found(tenant.organization_id, dataset_id, ("country",))
    assert stack.missing.tell() == 1
    message: Any = stack.channel.messages[0]
    assert message.subject == "<b>First</b> and 1 other report: a field is missing"
    assert all(name in message.text for name in names)
    assert "<b>First" not in message.html
