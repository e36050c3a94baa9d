"""One dataset under a policy and two people: on no way does a row or a value of the other reach either of them."""

import email
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import duckdb
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db import dataset_repository, source_repository
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import DeliveryRow, RunRow
from core.domain.dataset import Dataset
from core.domain.field import Field, FieldType
from core.domain.relation import TableOrigin
from core.query import source_csv
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, add_member, start

OWN_REGION = {
    "name": "Own region",
    "audience": {"all_except": True, "roles": ["installation_admin"]},
    "filters": {"items": [{"field": "region", "operator": "is", "parameter": "region"}]},
}
POLICY = {
    "rows": [OWN_REGION],
    "unmatched": "all",
    "columns": [
        {"fields": ["pay"], "treatment": "hidden", "audience": OWN_REGION["audience"]},
        {"fields": ["mail"], "treatment": "domain", "audience": OWN_REGION["audience"]},
    ],
}


@dataclass(kw_only=True)
class Someone:
    """A person with a region: what they know, and what they must never know."""

    member: Tenant
    client: TestClient
    own: str
    other: str


@dataclass(kw_only=True)
class Staff:
    """An installation with staff of two regions."""

    installation: Installation
    database: Database
    admin: TestClient
    tenant: Tenant
    dataset: Dataset
    people: tuple[Someone, Someone]

    def finish(self, run_id: str) -> None:
        """Let the daemon make a run and send what there is to send."""
        self.installation.daemon.run(UUID(run_id))
        with self.database.organization(self.tenant.organization_id) as session:
            sends = session.execute(select(DeliveryRow.id).where(DeliveryRow.run_id == UUID(run_id))).scalars().all()
        for one in sends:
            self.installation.daemon.deliver(one)

    def ask(self, **parts: Any) -> dict[str, Any]:
        return {"dataset_id": str(self.dataset.id), "timezone": "UTC", "limit": None, **parts}

    def mails(self, read: set[Path]) -> str:
        """Everything that was mailed since, attachments too; `read` learns of it."""
        found = set(self.installation.broadsheet.settings.data_dir.glob("outbox/**/*.eml")) - read
        read |= found
        parts = [part for path in found for part in email.message_from_bytes(path.read_bytes()).walk()]
        return "\n".join(
            str(part.get_payload(decode=True), "utf-8", "replace") for part in parts if not part.is_multipart()
        )


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def staff(installation: Installation, database: Database, tenant: Tenant, owner_session: Session) -> Staff:
    """The staff, its policy, and two people with a region each."""
    with duckdb.connect(str(installation.broadsheet.settings.data_dir / "staff.duckdb")) as connection:
        connection.execute("CREATE TABLE staff (id BIGINT, region TEXT, mail TEXT, note TEXT, pay BIGINT, box TEXT)")
        rows = [
            (
                number,
                region,
                f"{region}@example.com",
                f"{region}-{number}",
                7_000_000 + number,
                f"{region}@post.example.com",
            )
            for number, region in enumerate(["north", "south"] * 20)
        ]
        connection.executemany("INSERT INTO staff VALUES (?, ?, ?, ?, ?, ?)", rows)
    with database.organization(tenant.organization_id) as session:
        source_id = source_repository.put_source(
            session,
            organization_id=tenant.organization_id,
            name="Staff",
            kind="duckdb",
            connection={"path": "staff.duckdb"},
        )
        dataset = Dataset(
            id=uuid4(),
            organization_id=tenant.organization_id,
            source_id=source_id,
            name="staff",
            label="Staff",
            origin=TableOrigin(table_name="staff"),
            fields=(
                Field(name="id", label="Number", type=FieldType.INTEGER),
                Field(name="region", label="Region", type=FieldType.TEXT),
                Field(name="mail", label="Mail", type=FieldType.TEXT, is_personal=True),
                Field(name="box", label="Box", type=FieldType.TEXT),
                Field(name="note", label="Note", type=FieldType.TEXT),
                Field(name="pay", label="Pay", type=FieldType.INTEGER, is_measure=True, is_personal=True),
            ),
        )
        dataset_repository.insert_dataset(session, dataset)
    admin = installation.sign_in(tenant)
    people = []
    for own, other in (("north", "south"), ("south", "north")):
        member = add_member(owner_session, tenant, role="publisher", name=own.title())
        given = {"attributes": {"region": [own]}}
        assert admin.put(f"/api/person-attributes/{member.user_id}", json=given).status_code == 204
        people.append(Someone(member=member, client=installation.sign_in(member), own=own, other=other))
    saved = admin.put(f"/api/datasets/{dataset.id}/policy", json=POLICY, headers={"If-Match": '"0"'})
    assert saved.status_code == 200, saved.text
    return Staff(
        installation=installation,
        database=database,
        admin=admin,
        tenant=tenant,
        dataset=dataset,
        people=(people[0], people[1]),
    )


def made(answer: Any, status: int = 201) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_no_way_leads_to_the_rows_of_the_other(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[Path] = set()
    columns = ["id", "region", "mail", "note"]
    rows = staff.ask(columns=columns)
    summed = staff.ask(groupings=[{"field": "note"}], measures=[{"aggregation": "count"}])
    report = made(staff.admin.post("/api/reports", json={"name": "All", "definition": rows}))["id"]
    sums = made(staff.admin.post("/api/reports", json={"name": "Sums", "definition": summed}))["id"]
    tile = {"id": "a", "kind": "report", "report_id": report, "row": 0, "column": 0, "width": 12}
    board = made(staff.admin.post("/api/dashboards", json={"name": "Board", "content": {"tiles": [tile]}}))["id"]
    # What the administrator saw a moment ago is in memory, and theirs alone.
    assert "north" in (seen := staff.admin.post(f"/api/reports/{report}/preview", json={}).text)
    assert "south" in seen

    def export(client: TestClient, path: str, format_: str) -> bytes:
        run = made(client.post(path, json={"format": format_}), 202)
        staff.finish(run["id"])
        got = client.get(f"/api/report-executions/{run['id']}/download", params={"format": format_})
        assert got.status_code == 200, got.text
        return got.content

    def opened(content: bytes) -> str:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())

    def schedule(person: Someone, **parts: Any) -> str:
        """What a schedule of theirs sends."""
        body = {
            "name": f"To {person.own}",
            "report_id": report,
            "schedule_config": {"cadence": "daily", "time": "09:00", "timezone": "UTC"},
            "recipients": [{"type": "email", "value": "boss@example.org"}],
            "formats": ["csv"],
        }
        kept = made(person.client.post("/api/scheduled-reports", json=body | parts))
        staff.mails(read)
        staff.finish(made(person.client.post(f"/api/scheduled-reports/{kept['id']}/run"), 202)["id"])
        return staff.mails(read)

    def burst(person: Someone, address: str) -> str:
        """A message for each region that their data names."""
        pairs = [{"recipient_field": "region", "report_field": "region"}]
        data = {"address": address, "pairs": pairs}
        contacts = staff.dataset.id
        return schedule(person, recipients=[{"type": "data", "value": str(contacts), "data": data}])

    def ways(person: Someone) -> dict[str, Callable[[], str]]:
        client, own = person.client, f"/api/datasets/{staff.dataset.id}"
        export_path = f"/api/reports/{report}/export"
        return {
            "preview": lambda: client.post(f"/api/reports/{report}/preview", json={}).text,
            "unsaved": lambda: client.post("/api/reports/preview", json={"definition": summed}).text,
            "values": lambda: client.get(f"{own}/values", params={"field": "note", "limit": 100}).text,
            "csv": lambda: export(client, export_path, "csv").decode(),
            "xlsx": lambda: opened(export(client, export_path, "xlsx")),
            "burst": lambda: burst(person, "box"),
            "board": lambda: client.post(f"/api/dashboards/{board}/preview", json={}).text,
            "board file": lambda: export(client, f"/api/dashboards/{board}/export", "html").decode(),
            "mail": lambda: schedule(person),
            "alert": lambda: schedule(person, report_id=sums, condition={"kind": "changed"}),
        }

    for person in staff.people:
        for way, get in ways(person).items():
            got = get()
            assert f"{person.own}-" in got, (way, got[:500])
            for secret in (f"{person.other}-", f"{person.own}@example.com", "70000"):
                assert secret not in got, (way, secret)
        # A masked address may be somebody else's, so that nothing is sent to what is left of it.
        assert burst(person, "mail") == ""
    # The same again where the source writes the file itself.
    monkeypatch.setattr(source_csv, "FEWEST_ROWS", 1)
    for person in staff.people:
        got = export(person.client, f"/api/reports/{report}/export", "csv").decode()
        assert (f"{person.own}-" in got, f"{person.other}-" in got) == (True, False)


def test_what_is_hidden_is_not_offered_and_named_where_it_is_used(staff: Staff) -> None:
    person, path = staff.people[0], f"/api/datasets/{staff.dataset.id}"
    fields = {field["name"]: field for field in person.client.get(f"{path}/fields").json()["items"]}
    assert set(fields) == {"id", "region", "mail", "note", "box"}
    assert fields["mail"]["label"] == "Mail (masked)"
    paid = staff.ask(columns=["id", "pay"])
    report = made(staff.admin.post("/api/reports", json={"name": "Paid", "definition": paid}))["id"]
    refused = person.client.post(f"/api/reports/{report}/preview", json={})
    assert (refused.status_code, refused.json()["code"], refused.json()["place"]) == (403, "field_hidden", "pay")
    assert "Pay" in refused.json()["detail"]
    run = made(person.client.post(f"/api/reports/{report}/export", json={"format": "csv"}), 202)
    staff.finish(run["id"])
    ended = person.client.get(f"/api/report-executions/{run['id']}").json()
    assert (ended["status"], ended["error"]["code"]) == ("failed", "field_hidden")
    assert person.client.get(f"{path}/values", params={"field": "pay"}).status_code == 403
    assert "Pay" not in person.client.get("/api/search", params={"q": "pay"}).text


def test_files_of_the_one_are_not_opened_by_the_other(staff: Staff) -> None:
    report = made(staff.admin.post("/api/reports", json={"name": "All", "definition": staff.ask(columns=["note"])}))
    north, south = staff.people
    run = made(north.client.post(f"/api/reports/{report['id']}/export", json={"format": "csv"}), 202)["id"]
    staff.finish(run)
    path = f"/api/report-executions/{run}/download?format=csv"
    assert [one.client.get(path).status_code for one in staff.people] == [200, 403]
    assert staff.admin.get(path).status_code == 200  # from whom nothing is kept
    artifact = north.client.get(f"/api/report-executions/{run}").json()["artifacts"][0]["id"]
    assert south.client.post(f"/api/artifacts/{artifact}/links", json={}).status_code in (403, 404)


def test_what_a_run_says_of_its_rows_is_for_those_who_may_see_them(staff: Staff, owner_session: Session) -> None:
    report = made(staff.admin.post("/api/reports", json={"name": "All", "definition": staff.ask(columns=["note"])}))
    north, south = staff.people
    run = made(north.client.post(f"/api/reports/{report['id']}/export", json={"format": "csv"}), 202)["id"]
    said = {"fingerprint": json.dumps({"changes": {"rose": ["north-0"]}}), "id": run}
    owner_session.execute(text("UPDATE runs SET fingerprint = CAST(:fingerprint AS jsonb) WHERE id = :id"), said)
    owner_session.commit()
    paths = (f"/api/report-executions/{run}", "/api/report-executions")
    assert ["north-0" in north.client.get(path).text for path in paths] == [True, True]
    assert ["north-0" in south.client.get(path).text for path in paths] == [False, False]


def test_runs_share_work_only_under_one_sight(staff: Staff) -> None:
    definition = staff.ask(columns=["note"])
    report = made(staff.admin.post("/api/reports", json={"name": "All", "definition": definition}))["id"]
    north = staff.people[0]

    def key() -> str | None:
        run = made(north.client.post(f"/api/reports/{report}/export", json={"format": "csv"}), 202)["id"]
        with staff.database.organization(staff.tenant.organization_id) as session:
            return session.execute(select(RunRow.share_key).where(RunRow.id == UUID(run))).scalar_one()

    first = key()
    assert key() == first
    given = {"attributes": {"region": ["south"]}}
    assert staff.admin.put(f"/api/person-attributes/{north.member.user_id}", json=given).status_code == 204
    moved = key()
    path = f"/api/datasets/{staff.dataset.id}/policy"
    made(staff.admin.put(path, json={**POLICY, "columns": []}), 200)
    assert len({first, moved, key()}) == 3


def test_looking_as_somebody_shows_their_rows_and_is_told(staff: Staff) -> None:
    path = f"/api/datasets/{staff.dataset.id}/policy"
    person = staff.people[0]
    look = made(staff.admin.get(f"{path}/look", params={"user_id": str(person.member.user_id)}), 200)
    assert (look["rows"], look["rows_of_all"], look["hidden"]) == (20, 40, ["pay"])
    assert look["masked"] == {"mail": "domain"}
    assert {row[1] for row in look["preview"]["rows"]} == {"north"}
    assert person.client.get(f"{path}/look", params={"user_id": str(person.member.user_id)}).status_code == 403
    assert person.client.get(path).status_code == 403
    told = [one["action"] for one in staff.admin.get("/api/audit").json()["items"]]
    assert {"data_policy.looked_as", "data_policy.changed", "person_attributes.changed"} <= set(told)


def test_whoever_looks_after_a_dataset_sees_its_steps_and_saves_it(staff: Staff) -> None:
    data = staff.installation.broadsheet.datasets
    draft = staff.installation.broadsheet.catalog.dataset_as_made(staff.tenant.principal, staff.dataset.id)
    assert draft.policy is not None
    assert len(data.preview(staff.tenant.principal, draft, steps=0).table) == 40
    saved = data.save(staff.tenant.principal, replace(draft, description="All staff."))
    assert (saved.description, saved.policy) == ("All staff.", draft.policy)


def test_a_policy_that_does_not_fit_is_refused_with_its_place(staff: Staff) -> None:
    path = f"/api/datasets/{staff.dataset.id}/policy"

    def place(policy: dict[str, Any]) -> str:
        answer = staff.admin.put(path, json=policy)
        assert answer.status_code == 422, answer.text
        return str(answer.json()["place"])

    def rule(**asked: Any) -> dict[str, Any]:
        return {"rows": [{"name": "x", "filters": {"items": [asked]}}]}

    assert place({"columns": [{"fields": ["gone"], "treatment": "hidden"}]}) == "columns[0].fields[0]"
    assert place(rule(field="gone", operator="is", parameter="region")) == "rows[0].filters"
    assert place(rule(field="region", operator="is")) == "rows[0].filters.items[0].values"
    assert place({"rows": [{"name": "x", "filters": {}}]}) == "rows[0].filters"
    assert place({"group_size": {"least": 1}}) == "group_size.least"
    stranger = {"people": [str(uuid4())]}
    assert place({"group_size": {"least": 5, "audience": stranger}}) == "group_size.audience"
    assert staff.admin.put(path, json=POLICY, headers={"If-Match": '"0"'}).status_code == 412


def test_who_received_which_personal_field(staff: Staff) -> None:
    report = made(staff.admin.post("/api/reports", json={"name": "=Who", "definition": staff.ask(columns=["mail"])}))
    plain = made(staff.admin.post("/api/reports", json={"name": "Notes", "definition": staff.ask(columns=["note"])}))
    for one in (report, plain):
        body = {
            "name": one["name"],
            "report_id": one["id"],
            "schedule_config": {"cadence": "daily", "time": "09:00", "timezone": "UTC"},
            "recipients": [
                {"type": "email", "value": "Ann@example.org"},
                {"type": "email", "value": "bob@example.org"},
            ],
            "formats": ["csv"],
        }
        kept = made(staff.admin.post("/api/scheduled-reports", json=body))
        staff.finish(made(staff.admin.post(f"/api/scheduled-reports/{kept['id']}/run"), 202)["id"])
    lines = staff.admin.get("/api/personal-data/deliveries").json()
    assert lines["total"] == 2
    assert {(one["address"].lower(), one["report"], *one["fields"]) for one in lines["items"]} == {
        ("ann@example.org", "=Who", "Staff: Mail"),
        ("bob@example.org", "=Who", "Staff: Mail"),
    }
    assert ",'=Who," in staff.admin.get("/api/personal-data/deliveries.csv", params={"search": "ann"}).text
    assert staff.people[0].client.get("/api/personal-data/deliveries").status_code == 403

    told = staff.admin.post("/api/personal-data/export", json={"who": "ann@example.org"})
    with zipfile.ZipFile(io.BytesIO(told.content)) as archive:
        assert len(json.loads(archive.read("deliveries.json"))) == 2
        assert len(json.loads(archive.read("schedules.json"))) == 2

    done = made(staff.admin.post("/api/personal-data/erase", json={"who": "Ann@example.org", "with_files": True}), 200)
    assert (done["deliveries"], len(done["schedules"])) == (2, 2)
    left = staff.admin.get("/api/personal-data/deliveries").text
    assert "ann@" not in left.lower()
    assert done["pseudonym"] in left
    with staff.database.organization(staff.tenant.organization_id) as session:
        for table in ("deliveries", "runs", "run_events", "schedules", "suppressions", "audit_details", "sent_copies"):
            found = session.execute(text(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE '%ann@example%'"))
            assert found.scalar_one() == 0, table
    # They are not written to again, although nobody knows their address any more.
    body = {
        "recipients": [{"type": "email", "value": "ann@example.org"}, {"type": "email", "value": "eve@example.org"}]
    }
    again = staff.admin.get("/api/scheduled-reports").json()["items"][0]["id"]
    made(staff.admin.patch(f"/api/scheduled-reports/{again}", json=body), 200)
    run = made(staff.admin.post(f"/api/scheduled-reports/{again}/run"), 202)["id"]
    staff.finish(run)
    states = {
        one["value"].lower(): one["status"]
        for one in staff.admin.get(f"/api/report-executions/{run}").json()["deliveries"]
    }
    assert states == {"ann@example.org": "suppressed", "eve@example.org": "sent"}


def test_a_person_is_erased_once_they_left_and_files_end_with_their_dataset(
    staff: Staff, clock: FixedClock, owner_session: Session
) -> None:
    north = staff.people[0]
    address = north.member.principal.email
    answer = staff.admin.post("/api/personal-data/erase", json={"who": address})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    owner_session.execute(
        text("UPDATE memberships SET left_at = now() WHERE user_id = :id"), {"id": north.member.user_id}
    )
    owner_session.commit()
    assert made(staff.admin.post("/api/personal-data/erase", json={"who": address}), 200)["account"] is True
    kept = owner_session.execute(text("SELECT email, name FROM users WHERE id = :id"), {"id": north.member.user_id})
    assert kept.one().name == "Erased person"

    report = made(staff.admin.post("/api/reports", json={"name": "All", "definition": staff.ask(columns=["note"])}))
    run = made(staff.admin.post(f"/api/reports/{report['id']}/export", json={"format": "csv"}), 202)["id"]
    staff.finish(run)
    days = f"/api/personal-data/datasets/{staff.dataset.id}/days"
    assert staff.admin.put(days, json={"days": 5}).status_code == 204
    assert staff.admin.get("/api/personal-data/datasets").json()["items"][0]["files_days"] == 5
    retention = staff.installation.daemon._retention
    download = f"/api/report-executions/{run}/download?format=csv"
    clock.advance(timedelta(days=4))
    retention.retain()
    admin = staff.installation.sign_in(staff.tenant)
    assert admin.get(download).status_code == 200
    clock.advance(timedelta(days=2))
    retention.retain()
    assert staff.installation.sign_in(staff.tenant).get(download).status_code in (404, 410)
