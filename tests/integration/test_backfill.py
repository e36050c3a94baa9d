"""Past slots made again, and reports as of another day: what would have been sent is what comes out."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import ScheduleRow
from tests.conftest import Tenant
from tests.integration.alert_parts import Shop, open_shop, said
from tests.integration.api_parts import Installation, start


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock, rate_limits="off")


@pytest.fixture
def shop(installation: Installation, database: Database, tenant: Tenant) -> Shop:
    return open_shop(installation, database, tenant)


def backfill(shop: Shop, first: str, last: str, **more: Any) -> Any:
    return shop.client.post(
        f"/api/scheduled-reports/{shop.schedule_id}/backfill",
        json={"from": f"{first}T00:00:00+00:00", "to": f"{last}T23:59:00+00:00", **more},
    )


def files(run: dict[str, Any]) -> list[str]:
    return [file["sha256"] for file in run["artifacts"]]


def test_a_slot_made_again_gives_the_bytes_that_were_sent(shop: Shop) -> None:
    """Relative dates, the period in words and the file's name stand for the slot, whenever the run is made."""
    shop.set_up(formats=["csv", "jsonl"])
    sent = [shop.next_day(Chile=amount) for amount in (100, 200, 300)]
    shop.installation.clock.advance(timedelta(days=40))
    made = backfill(shop, "2026-11-24", "2026-11-26")
    assert made.status_code == 202, made.text
    runs = [shop.finish(item["id"]) for item in made.json()["items"]]
    assert [run["logical_at"] for run in runs] == [run["scheduled_for"] for run in sent]
    assert [(run["kind"], run["status"], run["deliveries"]) for run in runs] == [("backfill", "completed", [])] * 3
    contents = [run["artifacts"][0] for run in (*sent, *runs)]
    assert [files(run)[0] for run in runs] == [files(run)[0] for run in sent]
    assert [(one["file_name"], one["period"]) for one in contents[3:]] == [
        (one["file_name"], one["period"]) for one in contents[:3]
    ]
    assert len(shop.mails()) == 3

    as_of = shop.client.post(
        f"/api/scheduled-reports/{shop.schedule_id}/run", json={"as_of": sent[1]["scheduled_for"]}
    ).json()
    assert (as_of["kind"], as_of["logical_at"]) == ("manual", sent[1]["scheduled_for"])
    run = shop.finish(as_of["id"])
    assert files(run)[0] == files(sent[1])[0]
    assert len(shop.mails()) == 4
    assert run["changes"]["in_words"].startswith("Since 24 Nov 2026: 1 changed; Revenue +100.0%")


def test_a_slot_is_made_once_unless_it_is_asked_for_again(shop: Shop) -> None:
    shop.set_up()
    shop.installation.clock.advance(timedelta(days=10))
    first = backfill(shop, "2026-11-20", "2026-11-22").json()
    assert [run["scheduled_for"][:10] for run in first["items"]] == ["2026-11-20", "2026-11-21", "2026-11-22"]
    ids = [run["id"] for run in first["items"]]
    more = [run["id"] for run in backfill(shop, "2026-11-21", "2026-11-23").json()["items"]]
    assert more[:2] == ids[1:]
    assert more[2] not in ids
    shop.client.post(f"/api/report-executions/{ids[1]}/cancel")
    assert backfill(shop, "2026-11-21", "2026-11-21").json()["items"][0]["id"] != ids[1]
    assert backfill(shop, "2026-11-22", "2026-11-22", again=True).json()["items"][0]["id"] not in ids
    shop.installation.clock.advance(timedelta(seconds=1))
    sending = backfill(shop, "2026-11-20", "2026-11-20", deliver=True).json()["items"][0]
    assert sending["id"] not in ids
    assert backfill(shop, "2026-11-20", "2026-11-20").json()["items"][0]["id"] == sending["id"]
    assert [delivery["value"] for delivery in shop.finish(sending["id"])["deliveries"]] == ["boss@example.com"]


def test_what_cannot_be_made_again_is_refused_or_left_out(shop: Shop, make_organization: Callable[..., Tenant]) -> None:
    shop.set_up()
    refused = backfill(shop, "2025-01-01", "2026-11-22")
    assert (refused.status_code, refused.json()["place"]) == (422, "to")
    assert "The schedule has 691 times in this range; up to 366 are made at once." in refused.json()["detail"]
    assert "3 times" in backfill(shop, "2026-11-20", "2026-11-22", limit=2).json()["detail"]
    assert backfill(shop, "2026-11-22", "2026-11-20").status_code == 422
    assert backfill(shop, "2026-11-24", "2026-12-24").json()["items"] == []
    viewer = make_organization(role="viewer")
    path = f"/api/scheduled-reports/{shop.schedule_id}/backfill"
    body = {"from": "2026-11-20T00:00:00Z", "to": "2026-11-22T00:00:00Z"}
    assert shop.installation.sign_in(viewer).post(path, json=body).status_code == 403
    assert (
        shop.client.post("/api/scheduled-reports/00000000-0000-0000-0000-000000000000/backfill", json=body).status_code
        == 404
    )


def test_a_backfill_honours_conditions_and_leaves_the_alert_alone(
    shop: Shop, database: Database, tenant: Tenant
) -> None:
    """Files only: nothing goes out, so nothing is held, and what it found keeps no later alert back."""
    alert = {"kind": "threshold", "measure": "revenue", "op": ">", "value": 150, "until_recovers": True}
    shop.set_up(condition=alert, hold={"measure": "revenue", "max_change_pct": 10})
    for day, amount in enumerate((100, 200, 250, 90), start=19):
        shop.days[f"2026-11-{day}"] = {"Chile": amount}
    shop.write()
    made = [run["id"] for run in backfill(shop, "2026-11-20", "2026-11-22").json()["items"]]
    runs = [shop.finish(run_id) for run_id in made]
    with database.organization(tenant.organization_id) as session:
        assert not session.execute(select(ScheduleRow.is_alerting)).scalar_one()
    runs.append(shop.finish(backfill(shop, "2026-11-23", "2026-11-23").json()["items"][0]["id"]))
    assert [run["status"] for run in runs] == ["skipped", "completed", "skipped", "skipped"]
    assert any("so nobody is asked: Revenue was 200.00" in line for line in said(runs[1]))
    assert "This was sent when it began." in said(runs[2])[-1]
    assert "It has recovered." in said(runs[3])[-1]
    assert shop.next_day(Chile=200)["status"] == "completed"
