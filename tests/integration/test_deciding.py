"""Terms at work, from the slot to the mail: conditions, data that is too old, sanity holds and what changed."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import RunRow, ScheduleRow
from tests.conftest import Tenant
from tests.integration.alert_parts import Shop, open_shop, said
from tests.integration.api_parts import Installation, start

ABOVE_2000 = {"kind": "threshold", "measure": "revenue", "op": ">", "value": 2000}


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock, rate_limits="off")


@pytest.fixture
def shop(installation: Installation, database: Database, tenant: Tenant) -> Shop:
    return open_shop(installation, database, tenant)


def is_alerting(database: Database, tenant: Tenant, shop: Shop) -> bool:
    with database.organization(tenant.organization_id) as session:
        row = session.get(ScheduleRow, UUID(shop.schedule_id))
        assert row is not None
        return row.is_alerting


def outcome(run: dict[str, Any]) -> tuple[str, int, int]:
    return run["status"], len(run["artifacts"]), len(run["deliveries"])


def test_a_threshold_sends_only_beyond_it(shop: Shop) -> None:
    shop.set_up(condition=ABOVE_2000)
    run = shop.next_day(Chile=1200)
    assert outcome(run) == ("skipped", 0, 0)
    assert said(run)[-1] == "Revenue was 1,200.00 and not above 2,000."
    run = shop.next_day(Chile=1200, Peru=900.5)
    assert outcome(run) == ("completed", 2, 1)
    assert "Revenue was 2,100.50 and above 2,000." in said(run)
    assert len(shop.mails()) == 1


def test_an_alert_fires_once_until_it_recovers(shop: Shop, database: Database, tenant: Tenant) -> None:
    shop.set_up(condition=ABOVE_2000 | {"until_recovers": True})
    seen = []
    for revenue in (2500, 2600, 100, 90, 3000):
        run = shop.next_day(Chile=revenue)
        seen.append((run["status"], said(run)[-1], is_alerting(database, tenant, shop)))
    assert [(status, is_on) for status, _, is_on in seen] == [
        ("completed", True),
        ("skipped", True),
        ("skipped", False),
        ("skipped", False),
        ("completed", True),
    ]
    assert seen[1][1] == "Revenue was 2,600.00 and above 2,000. This was sent when it began."
    assert seen[2][1] == "Revenue was 100.00 and not above 2,000. It has recovered."
    assert seen[3][1] == "Revenue was 90.00 and not above 2,000."


def test_another_condition_starts_anew(shop: Shop) -> None:
    shop.set_up(condition=ABOVE_2000 | {"until_recovers": True})
    assert shop.next_day(Chile=2500)["status"] == "completed"
    changed = {"condition": ABOVE_2000 | {"value": 1000, "until_recovers": True}}
    assert shop.client.patch(f"/api/scheduled-reports/{shop.schedule_id}", json=changed).status_code == 200
    assert shop.next_day(Chile=2500)["status"] == "completed"
    assert shop.next_day(Chile=2500)["status"] == "skipped"


def test_only_if_there_are_rows(shop: Shop) -> None:
    shop.set_up(condition={"kind": "rows"})
    run = shop.next_day()
    assert (run["status"], said(run)[-1]) == ("skipped", "There were no rows.")
    assert shop.next_day(Chile=1)["status"] == "completed"


def test_only_if_the_result_changed_since_it_was_delivered(shop: Shop) -> None:
    shop.set_up(condition={"kind": "changed"})
    days = [{"Chile": 1}, {"Chile": 1}, {"Chile": 2}, {"Chile": 1, "Peru": 0}, {"Chile": 1}]
    assert [shop.next_day(**day)["status"] for day in days] == [
        "completed",
        "skipped",
        "completed",
        "completed",
        "completed",
    ]


def test_a_run_that_reached_nobody_is_not_what_changes_are_counted_from(
    shop: Shop, database: Database, tenant: Tenant
) -> None:
    shop.set_up(condition={"kind": "changed"})
    shop.sell(Chile=1)
    shop.installation.clock.advance(timedelta(days=1))
    shop.installation.daemon.plan()
    run = shop.newest()
    shop.installation.daemon._taking._pipeline.advance(UUID(run["id"]))
    cancelled = shop.client.post(f"/api/report-executions/{run['id']}/cancel").json()
    assert cancelled["status"] == "cancelled"
    assert shop.next_day(Chile=1)["status"] == "completed"


def test_a_deviation_from_the_run_before_and_from_the_median(shop: Shop) -> None:
    shop.set_up(condition={"kind": "deviation", "measure": "revenue", "op": "up", "value": 50})
    run = shop.next_day(Chile=100)
    assert (run["status"], said(run)[-1]) == (
        "skipped",
        "There is no earlier run yet that Revenue can be compared with.",
    )
    assert shop.next_day(Chile=140)["status"] == "skipped"
    run = shop.next_day(Chile=210)
    assert run["status"] == "completed"
    assert "Revenue was 210.00, +50.0% against the run before: up by 50% or more." in said(run)
    median = {"kind": "deviation", "measure": "revenue", "op": "up", "value": 50, "against": "median", "window": 3}
    shop.client.patch(f"/api/scheduled-reports/{shop.schedule_id}", json={"condition": median})
    assert "against the median of 3 runs before" in said(shop.next_day(Chile=209))[-1]


def test_a_changed_report_is_not_compared_with_what_it_was(shop: Shop) -> None:
    shop.set_up(condition={"kind": "deviation", "measure": "revenue", "op": "either", "value": 1})
    shop.next_day(Chile=100)
    definition = shop.definition() | {
        "filters": {"items": [{"field": "country", "operator": "is_not", "values": ["Peru"]}]}
    }
    saved = shop.client.put(f"/api/reports/{shop.report_id}", json={"name": "Orders", "definition": definition})
    assert saved.status_code == 200, saved.text
    assert "no earlier run yet" in said(shop.next_day(Chile=300))[-1]


def test_send_now_asks_for_no_condition(shop: Shop) -> None:
    shop.set_up(condition=ABOVE_2000, hold={"measure": "revenue", "max_change_pct": 1})
    shop.next_day(Chile=1)
    shop.sell(Chile=5)
    shop.installation.clock.advance(timedelta(days=1))
    for path in ("run", "test"):
        started = shop.client.post(f"/api/scheduled-reports/{shop.schedule_id}/{path}").json()
        run = shop.finish(started["id"])
        assert run["status"] == "completed"
        if path == "run":
            assert "A person sent this: the schedule's condition and approval were not asked for." in said(run)


def test_what_the_past_judges_comes_slot_by_slot(shop: Shop, database: Database, tenant: Tenant) -> None:
    """The later slot's worker is the faster one: it waits, and uses no attempt up."""
    shop.set_up(condition={"kind": "changed"}, misfire="all")
    shop.sell(Chile=1)
    shop.installation.clock.advance(timedelta(days=1))
    shop.installation.daemon.plan()
    first = shop.newest()["id"]
    shop.sell(Chile=1)
    shop.installation.clock.advance(timedelta(days=1))
    shop.installation.daemon.plan()
    second = shop.newest()["id"]
    pipeline = shop.installation.daemon._taking._pipeline
    pipeline.advance(UUID(second))
    waiting = shop.read(second)
    assert (waiting["status"], waiting["attempt"]) == ("waiting", 0)
    assert waiting["waiting_for"] == "Waiting for the run of Tue 24 Nov 2026, 09:00 (UTC): it is judged by that one."
    pipeline.advance(UUID(first))
    shop.installation.clock.advance(timedelta(seconds=10))
    pipeline.advance(UUID(second))
    assert shop.read(second)["status"] == "skipped"
    assert shop.read(second)["waiting_for"] is None


FRESH = {"field": "ordered_at", "max_age_s": 86_400, "deadline_s": 7200}


def test_a_run_waits_for_fresh_data(shop: Shop) -> None:
    shop.set_up(freshness=FRESH)
    shop.sell(Chile=1)  # at noon of the 23rd; two days later that is 45 hours old
    shop.installation.clock.advance(timedelta(days=1))
    run = shop.next_day()
    assert (run["status"], run["attempt"]) == ("waiting", 0)
    assert run["waiting_for"] == (
        "Waiting for fresh data: newest row is of Mon 23 Nov 2026, 12:00 (UTC); "
        "looked again at Wed 25 Nov 2026, 09:05 (UTC)."
    )
    shop.installation.clock.advance(timedelta(minutes=5))
    assert shop.finish(run["id"])["status"] == "waiting"
    shop.days["2026-11-24"] = {"Chile": 7}
    shop.write()
    shop.installation.clock.advance(timedelta(minutes=5))
    run = shop.finish(run["id"])
    assert (run["status"], run["attempt"], run["waiting_for"], run["is_stale"]) == ("completed", 1, None, False)
    assert "Chile" in shop.mails()[0]


@pytest.mark.parametrize(("then", "status"), [("skip", "skipped"), ("notify", "skipped"), ("send", "completed")])
def test_at_the_deadline(shop: Shop, then: str, status: str) -> None:
    shop.set_up(freshness=FRESH | {"then": then})
    shop.sell(Chile=1)
    shop.installation.clock.advance(timedelta(days=1))
    run = shop.next_day()
    shop.installation.clock.advance(timedelta(hours=2))
    run = shop.finish(run["id"])
    stale = (
        "The data is older than wanted: newest row is of Mon 23 Nov 2026, 12:00 (UTC), "
        "and it was to be at most 1 day old at Wed 25 Nov 2026, 09:00 (UTC)."
    )
    assert (run["status"], run["is_stale"]) == (status, then == "send")
    if then == "send":
        assert stale in run["artifacts"][0]["notes"]
        mail = shop.mails()[0]
        assert mail.startswith("Old data: Orders of yesterday")
        assert stale in mail
    else:
        assert said(run)[-1] == f"{stale} Nothing was sent."
    told = list(shop.installation.broadsheet.settings.outbox_dir.glob("*.eml"))
    shop.installation.daemon.tell()
    after = set(shop.installation.broadsheet.settings.outbox_dir.glob("*.eml")) - set(told)
    assert len(after) == (1 if then == "notify" else 0)


def test_no_rows_at_all_are_not_fresh_and_send_now_does_not_wait(shop: Shop) -> None:
    shop.set_up(freshness=FRESH)
    assert "there are no rows yet" in shop.next_day()["waiting_for"]
    run = shop.finish(shop.client.post(f"/api/scheduled-reports/{shop.schedule_id}/run").json()["id"])
    assert (run["status"], run["is_stale"]) == ("completed", True)


def test_the_filters_of_the_report_do_not_count_for_its_freshness(shop: Shop) -> None:
    only_peru = {"items": [{"field": "country", "operator": "is", "values": ["Peru"]}]}
    shop.set_up(definition={"filters": only_peru}, freshness=FRESH)
    assert shop.next_day(Chile=1)["status"] == "completed"


HOLD = {"measure": "revenue", "max_change_pct": 50}


@pytest.fixture
def held(shop: Shop) -> dict[str, Any]:
    shop.set_up(hold=HOLD)
    assert [shop.next_day(Chile=amount)["status"] for amount in (100, 120, 110)] == ["completed"] * 3
    return shop.next_day(Chile=1000)


def test_an_unusual_result_is_held_with_its_files(shop: Shop, held: dict[str, Any]) -> None:
    because = (
        "Revenue was 1,000.00, +809.1% against the usual: it moved by more than 50% against the median of 3 runs "
        "before. The files are made and wait for approval."
    )
    assert outcome(held) == ("held", 2, 0)
    assert held["held_because"] == because == said(held)[-1]
    assert len(shop.mails()) == 3
    shop.installation.daemon.sweep()
    assert shop.finish(held["id"])["status"] == "held"


def test_approval_delivers_what_was_made(shop: Shop, held: dict[str, Any]) -> None:
    made = [(file["sha256"], file["created_at"]) for file in held["artifacts"]]
    shop.write()
    approved = shop.client.post(f"/api/report-executions/{held['id']}/approve")
    assert (approved.status_code, approved.json()["status"]) == (202, "pending")
    run = shop.finish(held["id"])
    assert outcome(run) == ("completed", 2, 1)
    assert [(file["sha256"], file["created_at"]) for file in run["artifacts"]] == made
    assert any(line.startswith("Approved by Person") for line in said(run))
    assert len(shop.mails()) == 4
    assert shop.client.post(f"/api/report-executions/{held['id']}/approve").status_code == 409


def test_rejection_ends_it_and_it_is_no_measure_for_later_ones(shop: Shop, held: dict[str, Any]) -> None:
    path = f"/api/report-executions/{held['id']}/reject"
    run = shop.client.post(path, json={"because": "A double import."}).json()
    assert run["status"] == "cancelled"
    assert said(run)[-1].endswith(": A double import.")
    assert shop.client.post(path).status_code == 409
    assert shop.next_day(Chile=130)["status"] == "completed"
    assert len(shop.mails()) == 4


def test_approval_takes_the_permission_to_schedule(
    shop: Shop, held: dict[str, Any], make_organization: Callable[..., Tenant], tenant: Tenant
) -> None:
    stranger = shop.installation.sign_in(make_organization())
    assert stranger.post(f"/api/report-executions/{held['id']}/approve").status_code == 404
    viewer = shop.installation.sign_in(make_organization(role="viewer"))
    for word in ("approve", "reject"):
        assert viewer.post(f"/api/report-executions/{held['id']}/{word}").status_code == 403
    assert shop.read(held["id"])["status"] == "held"


def test_two_approvals_at_once_deliver_once(shop: Shop, held: dict[str, Any]) -> None:
    together, answers = threading.Barrier(2), []

    def approve() -> None:
        together.wait()
        answers.append(shop.client.post(f"/api/report-executions/{held['id']}/approve").status_code)

    threads = [threading.Thread(target=approve) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [202, 409]


def test_a_worker_that_lost_its_lease_judges_nothing(shop: Shop, database: Database, tenant: Tenant) -> None:
    """Between the look at the result and the verdict another worker takes over: the first one leaves no trace."""
    shop.set_up(condition=ABOVE_2000 | {"until_recovers": True})
    shop.sell(Chile=5000)
    shop.installation.clock.advance(timedelta(days=1))
    shop.installation.daemon.plan()
    run_id = UUID(shop.newest()["id"])
    pipeline = shop.installation.daemon._taking._pipeline
    judge = pipeline._deciding.judge

    def overtaken(*arguments: Any) -> Any:
        with database.organization(tenant.organization_id) as session:
            session.execute(update(RunRow).where(RunRow.id == run_id).values(lease_token=RunRow.lease_token + 1))
        return judge(*arguments)

    pipeline._deciding.judge = overtaken
    pipeline.advance(run_id)
    assert not is_alerting(database, tenant, shop)
    assert shop.read(str(run_id))["step"] == "created"


def test_a_mail_says_what_changed_since_the_last_one(shop: Shop) -> None:
    shop.set_up()
    first = shop.next_day(Chile=100, Peru=100)
    assert first["changes"] is None
    run = shop.next_day(Chile=100, Peru=90, Bolivia=40)
    words = "Since 24 Nov 2026: +1 row, 1 changed; Revenue +15.0%; Orders +50.0%."
    assert run["changes"]["in_words"] == words
    assert run["changes"]["since_run"] == first["id"]
    assert (run["changes"]["added"], run["changes"]["removed"], run["changes"]["changed"]) == (1, 0, 1)
    assert words in shop.mails()[1]
    assert "Since" not in shop.mails()[0]


def test_changes_are_counted_from_what_was_delivered(shop: Shop) -> None:
    shop.set_up(condition=ABOVE_2000)
    shop.next_day(Chile=2500)
    shop.next_day(Chile=10)
    assert shop.next_day(Chile=5000)["changes"]["in_words"] == "Since 24 Nov 2026: 1 changed; Revenue +100.0%."


def test_locked_files_keep_their_figures_to_themselves(shop: Shop) -> None:
    shop.set_up(formats=["pdf"], password="correct horse battery", condition=ABOVE_2000)
    shop.next_day(Chile=2500)
    run = shop.next_day(Chile=2600)
    assert (run["status"], run["changes"]) == ("completed", None)
    assert "2,600" not in str(said(run))
    assert "Since" not in shop.mails()[1]


@pytest.mark.parametrize(
    ("terms", "place"),
    [
        ({"condition": ABOVE_2000 | {"measure": "amount"}}, "condition.measure"),
        ({"hold": HOLD | {"measure": "first"}}, "hold.measure"),
        ({"freshness": FRESH | {"field": "country"}}, "freshness.field"),
        ({"freshness": FRESH | {"field": "gone"}}, "freshness.field"),
    ],
)
def test_terms_that_do_not_suit_the_report_are_refused(shop: Shop, terms: dict[str, Any], place: str) -> None:
    first = {"aggregation": "min", "field": "ordered_at", "name": "first"}
    shop.set_up(definition={"measures": [*shop.definition()["measures"], first]})
    refused = shop.schedule(**terms)
    assert (refused.status_code, refused.json()["place"]) == (422, place)


def test_a_report_that_lost_the_measure_fails_and_says_so(shop: Shop) -> None:
    shop.set_up(condition=ABOVE_2000)
    definition = shop.definition() | {"measures": [{"aggregation": "count", "name": "orders"}]}
    shop.client.put(f"/api/reports/{shop.report_id}", json={"name": "Orders", "definition": definition})
    run = shop.next_day(Chile=3000)
    assert run["status"] == "failed"
    assert "The report has no measure 'revenue'. Its measures: orders." in run["error"]["message"]


def test_a_total_counts_what_the_result_holds(shop: Shop) -> None:
    """Groups that a result filter leaves out are no part of the measure; those beyond the row limit are."""
    only_large = {"items": [{"field": "revenue", "operator": "greater", "values": [100]}]}
    shop.set_up(definition={"result_filters": only_large, "limit": 1}, condition=ABOVE_2000 | {"op": "=", "value": 700})
    assert shop.next_day(Chile=100, Peru=300, Bolivia=400)["status"] == "completed"
