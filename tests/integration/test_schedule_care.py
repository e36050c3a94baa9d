"""Looking after schedules over REST and through the service: pauses, copies, other owners, many at once."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db import access_repository
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.access import BUILT_IN_ROLES, Permission
from core.errors import InvalidInput, NotAllowed
from core.services import people
from core.services.schedule_care import BulkAction, BulkOrder
from tests.conftest import PASSWORD, Tenant
from tests.integration.api_parts import Installation, insert_orders, start

API = "/api/scheduled-reports"
NOTE = "From the next run on the report shows what Bea may see."


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


@pytest.fixture
def report_id(client: TestClient, database: Database, tenant: Tenant) -> str:
    orders = insert_orders(database, tenant, uuid4)
    definition = {"dataset_id": str(orders.id), "columns": ["country"], "timezone": "UTC"}
    return str(client.post("/api/reports", json={"name": "Orders", "definition": definition}).json()["id"])


@pytest.fixture
def make(client: TestClient, report_id: str) -> Callable[..., str]:
    def made(name: str = "Every day", **changes: Any) -> str:
        body = {
            "name": name,
            "report_id": report_id,
            "schedule_config": {"cadence": "daily", "time": "09:00", "timezone": "UTC"},
            "recipients": [{"type": "email", "value": "boss@example.com"}],
            "formats": ["csv"],
        } | changes
        answer = client.post(API, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return made


def join(owner_session: Session, tenant: Tenant, *, role: str = "publisher", name: str = "Bea") -> UUID:
    user_id = access_repository.insert_user(
        owner_session,
        organization_id=tenant.organization_id,
        email=f"{name.lower()}@example.com",
        name=name,
        password_hash=PASSWORD,
        role=role,
        timezone="UTC",
    )
    owner_session.commit()
    return user_id


def test_a_pause_may_have_an_end_and_a_reason(client: TestClient, make: Callable[..., str], clock: FixedClock) -> None:
    path = f"{API}/{make()}"
    until = (clock.now() + timedelta(days=7)).isoformat()
    paused = client.post(f"{path}/pause", json={"until": until, "because": " Holidays "}).json()
    assert (paused["is_active"], paused["paused_until"], paused["paused_because"]) == (False, until, "Holidays")
    assert client.patch(path, json={"name": "Days"}).json()["paused_until"] == until
    resumed = client.post(f"{path}/resume").json()
    assert (resumed["is_active"], resumed["paused_until"], resumed["paused_because"]) == (True, None, None)
    client.post(f"{path}/pause", json={"until": until})
    assert client.patch(path, json={"is_active": True}).json()["paused_until"] is None
    for wrong in (clock.now().isoformat(), "2026-11-24T09:00:00"):
        refused = client.post(f"{path}/pause", json={"until": wrong})
        assert (refused.status_code, refused.json()["place"]) == (422, "until")
    assert client.get(path).json()["is_active"] is True


def test_a_copy_is_paused_complete_and_the_callers(
    client: TestClient, make: Callable[..., str], owner_session: Session, tenant: Tenant, database: Database
) -> None:
    schedule_id = make("x" * 200, password="a good password", formats=["xlsx"], misfire="all")
    bea = join(owner_session, tenant)
    with database.organization(tenant.organization_id) as session:
        session.execute(text("UPDATE schedules SET owner_id = :bea"), {"bea": bea})
    before = client.get(f"{API}/{schedule_id}").json()
    answer = client.post(f"{API}/{schedule_id}/clone")
    assert answer.status_code == 201
    copy = answer.json()
    assert copy["name"] == f"Copy of {'x' * 192}"
    assert (copy["is_active"], copy["next_run_at"], copy["owner_id"]) == (False, None, str(tenant.user_id))
    assert copy["has_password"] is True
    same = ("report_id", "schedule_config", "recipients", "formats", "file_options", "misfire")
    assert {name: copy[name] for name in same} == {name: before[name] for name in same}
    assert client.get(f"{API}/{schedule_id}").json() == before


def test_a_schedule_goes_to_an_active_member_who_may_have_it(
    client: TestClient,
    make: Callable[..., str],
    owner_session: Session,
    tenant: Tenant,
    make_organization: Callable[..., Tenant],
) -> None:
    path = f"{API}/{make()}"
    bea = join(owner_session, tenant)
    join(owner_session, tenant, role="viewer", name="Vic")
    elsewhere = make_organization().principal.email
    for address, reason in (("vic@example.com", "manage schedules"), (elsewhere, "no active member")):
        refused = client.post(f"{path}/transfer", json={"owner": address})
        assert (refused.status_code, refused.json()["place"]) == (422, "owner")
        assert reason in refused.json()["detail"]
    moved = client.post(f"{path}/transfer", json={"owner": "Bea@Example.com "}).json()
    assert (moved["owner"], moved["owner_id"], moved["is_active"], moved["note"]) == ("Bea", str(bea), True, NOTE)
    run = client.post(f"{path}/run").json()
    with_rows_of = client.get(f"/api/report-executions/{run['id']}").json()
    assert with_rows_of["status"] == "pending"
    owner_session.execute(text("UPDATE users SET is_active = false WHERE name = 'Bea'"))
    owner_session.commit()
    assert client.post(f"{path}/transfer", json={"owner": "bea@example.com"}).status_code == 422


def test_an_owner_who_may_not_see_the_data_is_refused(
    client: TestClient, make: Callable[..., str], owner_session: Session, tenant: Tenant, database: Database
) -> None:
    schedule_id = make()
    join(owner_session, tenant)
    with database.organization(tenant.organization_id) as session:
        needs = f'"{Permission.MANAGE_MEMBERS}"'
        session.execute(text("UPDATE datasets SET content = jsonb_set(content, '{needs}', :n)"), {"n": needs})
    refused = client.post(f"{API}/{schedule_id}/transfer", json={"owner": "bea@example.com"})
    assert refused.status_code == 422
    assert refused.json()["detail"] == "Bea may not see the data behind Every day."


def test_many_at_once_get_an_answer_each(
    client: TestClient, make: Callable[..., str], owner_session: Session, tenant: Tenant, clock: FixedClock
) -> None:
    first, second, gone = make("First"), make("Second"), str(uuid4())
    join(owner_session, tenant)
    until = (clock.now() + timedelta(days=7)).isoformat()

    def bulk(action: str, **more: Any) -> list[dict[str, Any]]:
        answer = client.post(f"{API}/bulk", json={"ids": [first, gone, second, first], "action": action, **more})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        assert [item["id"] for item in items] == [first, gone, second]
        assert [item["done"] for item in items] == [True, False, True]
        assert items[1]["message"]
        return items

    bulk("pause", until=until, because="Holidays")
    assert client.get(f"{API}/{second}").json()["paused_until"] == until
    bulk("resume")
    assert client.get(f"{API}/{second}").json()["is_active"] is True
    started = bulk("run")
    assert client.get(f"/api/report-executions/{started[0]['execution_id']}").status_code == 200
    assert bulk("transfer", owner="bea@example.com")[0]["message"] == f"It belongs to Bea. {NOTE}"
    bulk("delete")
    assert client.get(API).json()["total"] == 0


@pytest.mark.parametrize(
    ("order", "place"),
    [
        ({"ids": []}, "ids"),
        ({"action": "transfer"}, "owner"),
        ({"action": "transfer", "owner": "nobody@example.com"}, "owner"),
        ({"action": "resume", "owner": "nobody@example.com"}, "owner"),
        ({"action": "resume", "because": "x"}, "until"),
        ({"until": "2020-01-01T00:00:00Z"}, "until"),
        ({"action": "explode"}, "action"),
    ],
)
def test_an_order_that_cannot_be_changes_nothing(
    client: TestClient, make: Callable[..., str], order: dict[str, Any], place: str
) -> None:
    schedule_id = make()
    before = client.get(f"{API}/{schedule_id}").json()
    refused = client.post(f"{API}/bulk", json={"ids": [schedule_id], "action": "pause"} | order)
    assert (refused.status_code, refused.json()["place"]) == (422, place)
    assert client.get(f"{API}/{schedule_id}").json() == before


def test_everything_of_who_left_goes_to_one_person(
    client: TestClient,
    make: Callable[..., str],
    owner_session: Session,
    tenant: Tenant,
    database: Database,
    database_urls: DatabaseUrls,
    clock: FixedClock,
) -> None:
    runs, rests, paused = make("Runs"), make("Rests"), make("Paused")
    client.post(f"{API}/{rests}/pause", json={"until": (clock.now() + timedelta(days=7)).isoformat()})
    client.post(f"{API}/{paused}/pause")
    bea = join(owner_session, tenant)
    join(owner_session, tenant, name="Cleo")
    with database.organization(tenant.organization_id) as session:
        session.execute(text("UPDATE schedules SET owner_id = :bea"), {"bea": bea})
    assert database_urls.owner is not None
    owner = Database(database_urls.owner, pool_size=1)
    assert people.remove_user(owner, clock, email="bea@example.com").paused == ("Rests", "Runs")
    owner.dispose()

    for refused in (client.post(f"{API}/{runs}/resume"), client.patch(f"{API}/{runs}", json={"is_active": True})):
        assert (refused.status_code, refused.json()["detail"]) == (409, "Its owner left. Give it to somebody first.")
    handed = client.post(f"{API}/hand-over", json={"to": "cleo@example.com"})
    assert (handed.status_code, handed.json()["owner"], len(handed.json()["ids"])) == (200, "Cleo", 3)
    shown = {one["name"]: one for one in client.get(API).json()["items"]}
    assert {name: (one["owner"], one["is_active"]) for name, one in shown.items()} == {
        "Runs": ("Cleo", True),
        "Rests": ("Cleo", False),
        "Paused": ("Cleo", False),
    }
    assert shown["Runs"]["next_run_at"] == "2026-11-23T09:00:00+00:00"
    assert (shown["Rests"]["paused_because"], shown["Rests"]["owner_left_at"]) == (None, None)
    assert shown["Rests"]["paused_until"] is not None
    back = client.post(f"{API}/hand-over", json={"from": "cleo@example.com", "to": tenant.principal.email})
    assert len(back.json()["ids"]) == 3
    for wrong, place in (({"from": "x@example.com", "to": "cleo@example.com"}, "from"), ({"to": "x@y.zz"}, "to")):
        assert client.post(f"{API}/hand-over", json=wrong).json()["place"] == place


def test_each_asks_for_its_permission(
    installation: Installation, make: Callable[..., str], make_organization: Callable[..., Tenant], tenant: Tenant
) -> None:
    from dataclasses import replace

    care = installation.broadsheet.schedule_care
    schedule_id = UUID(make())
    editor = replace(tenant.principal, role="editor", permissions=BUILT_IN_ROLES["editor"])
    publisher = replace(tenant.principal, role="publisher", permissions=BUILT_IN_ROLES["publisher"])
    for act in (
        lambda: care.clone(editor, schedule_id),
        lambda: care.transfer(editor, schedule_id, owner="a@b.cc"),
        lambda: care.bulk(editor, [schedule_id], BulkOrder(action=BulkAction.PAUSE)),
        lambda: care.hand_over(publisher, from_owner=None, to="a@b.cc"),
    ):
        with pytest.raises(NotAllowed):
            act()
    other = make_organization().principal
    (answer,) = care.bulk(other, [schedule_id], BulkOrder(action=BulkAction.DELETE))
    assert not answer.is_done
    with pytest.raises(InvalidInput):
        care.hand_over(other, from_owner=None, to=tenant.principal.email)


def test_schedules_are_found_by_words_and_by_how_they_stand(
    client: TestClient, make: Callable[..., str], database: Database, tenant: Tenant
) -> None:
    every_day, weekly = make(), make("Weekly sums")
    with database.organization(tenant.organization_id) as session:
        session.execute(text("UPDATE schedules SET failing_since = now() WHERE id = :id"), {"id": weekly})

    def found(**wanted: str) -> list[str]:
        answer = client.get(API, params=wanted).json()
        assert answer["total"] == len(answer["items"])
        return sorted(one["id"] for one in answer["items"])

    assert found() == sorted([every_day, weekly])
    assert found(search="WEEKLY") == [weekly]
    assert found(search="orders day") == [every_day], "the report's name counts"
    assert found(search=f"{tenant.principal.name} weekly") == [weekly], "and the owner's"
    assert found(search="zebra") == []
    assert found(status="failing") == [weekly]
    assert found(status="failing", search="day") == []
    assert client.get(API, params={"search": "x" * 201}).status_code == 422
