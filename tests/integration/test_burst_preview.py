"""Looking at recipients in the data before anything is sent: the dry run, one recipient's report and mail, a test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.clock import FixedClock
from core.db import recipient_policy_repository, suppression_repository
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.recipient_policy import RecipientPolicy, RecipientRule
from core.domain.suppression import SuppressionReason
from tests.conftest import Tenant
from tests.integration.api_parts import start
from tests.integration.burst_parts import Office, open_office, table_in
from tests.mail_server import MailServer

PEOPLE = [
    ("ann@example.com", "Ann Lee", "North", None, None),
    ("ben@other.test", "Ben", "South", None, None),
    ("cy@example.com", "Cy", "East", None, None),
    ("dot@example.com", "Dot", "West", None, None),
    ("nobody", None, "East", None, None),
]


@pytest.fixture
def office(
    tmp_path: Path, database_urls: DatabaseUrls, database: Database, clock: FixedClock, tenant: Tenant
) -> Iterator[Office]:
    with MailServer() as server:
        for installation in start(tmp_path, database_urls, clock):
            office = open_office(installation, database, tenant, server)
            office.write(PEOPLE)
            yield office


def ask(office: Office, path: str, **body: Any) -> Any:
    return office.client.post(f"/api/scheduled-reports/{path}", json=body)


def policy(office: Office) -> None:
    """Only one domain may get reports, and one address asked not to be written to."""
    tenant = office.tenant
    with office.database.organization(tenant.organization_id) as session:
        rule = RecipientPolicy(rule=RecipientRule.DOMAINS, domains=("example.com",))
        recipient_policy_repository.put_policy(session, tenant.organization_id, rule)
        suppression_repository.suppress(
            session,
            tenant.organization_id,
            "cy@example.com",
            reason=SuppressionReason.UNSUBSCRIBED,
            now=office.installation.clock.now(),
        )


def test_a_dry_run_lists_who_would_get_what_and_sends_nothing(office: Office) -> None:
    office.set_up()
    policy(office)
    answer = ask(office, f"{office.schedule_id}/burst-preview").json()
    assert [
        (line["line"], line["address"], line["values"], line["rows"], line["standing"]) for line in answer["items"]
    ] == [
        (1, "ann@example.com", ["North"], 10, "gets"),
        (2, "ben@other.test", ["South"], 10, "refused"),
        (3, "cy@example.com", ["East"], 10, "suppressed"),
        (4, "dot@example.com", ["West"], 0, "no_rows"),
        (5, "nobody", [], None, "invalid"),
    ]
    assert answer["counts"] == {"gets": 1, "refused": 1, "suppressed": 1, "no_rows": 1, "invalid": 1}
    assert (answer["recipients"], answer["parts"], answer["is_one_query"]) == (4, 4, True)
    assert 0 < answer["size_bytes"] < 10_000
    assert office.server.mails == []
    second = ask(office, f"{office.schedule_id}/burst-preview", page=2, limit=2).json()
    assert [line["line"] for line in second["items"]] == [3, 4]
    unsaved = ask(office, "burst-preview", schedule=office.schedule(data={"cap": 4}))
    assert unsaved.json()["counts"]["gets"] == 1


def test_what_the_rule_and_the_list_say_holds_when_it_is_sent(office: Office) -> None:
    office.set_up()
    policy(office)
    run = office.send()
    assert [mail.recipients for mail in office.server.mails] == [("ann@example.com",)]
    states = {line.address: str(line.state) for line in office.lines(run["id"]) if line.state is not None}
    assert states["ann@example.com"] == "sent"
    assert states["cy@example.com"] == "suppressed"
    assert states["ben@other.test"] in ("failed", "suppressed")


def test_rows_are_counted_for_a_page_where_each_part_is_asked_for(office: Office) -> None:
    definition = {
        "columns": [],
        "sort": [],
        "groupings": [{"field": "product"}],
        "measures": [{"aggregation": "count", "name": "n"}],
    }
    office.set_up(definition=definition)
    answer = ask(office, f"{office.schedule_id}/burst-preview", limit=2).json()
    assert answer["why_many"] == "the groupings do not hold what picks the rows"
    assert [line["rows"] for line in answer["items"]] == [1, 1]
    assert not answer["is_counted"]


def test_the_report_and_the_mail_as_one_of_them_gets_them(office: Office) -> None:
    office.set_up(email_subject="For {recipient.name}", email_body="{recipient.region}, {recipient.who}")
    answer = ask(office, f"{office.schedule_id}/preview-as", recipient="BEN@other.test").json()
    assert answer["recipient"] == {"address": "ben@other.test", "name": "Ben", "line": 2}
    assert {row[1] for row in answer["preview"]["rows"]} == {"South"}
    assert answer["preview"]["rows_matched"] == 10
    mail = answer["mail"]
    assert (mail["subject"], mail["to"], mail["attachments"]) == ("For Ben", "ben@other.test", ["Sales.csv"])
    assert "South, Ben" in mail["text"]
    assert "North" not in mail["html"]
    assert ask(office, f"{office.schedule_id}/preview-as", recipient="eve@example.com").status_code == 404


def test_a_test_of_one_recipient_goes_to_the_caller_only(office: Office) -> None:
    office.set_up(email_subject="For {recipient.name} at {recipient}")
    run = office.finish(ask(office, f"{office.schedule_id}/test", recipient="ben@other.test").json()["id"])
    assert (run["kind"], run["status"]) == ("test", "completed")
    (mail,) = office.server.mails
    assert mail.recipients == (office.tenant.principal.email,)
    assert mail.message["Subject"] == "Test for ben@other.test: For Ben at ben@other.test"
    assert {row["Region"] for row in table_in(mail.message)} == {"South"}
    office.finish(ask(office, f"{office.schedule_id}/test").json()["id"])
    assert office.server.mails[-1].message["Subject"].startswith("Test for ann@example.com: ")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"data": {"pairs": []}}, "recipients[0].pairs"),
        ({"data": {"address": "gone"}}, "recipients[0]"),
        ({"data": {"pairs": [{"recipient_field": "region", "report_field": "amount"}]}}, "recipients[0].pairs"),
        ({"condition": {"kind": "rows"}}, "condition"),
        ({"email_body": "{recipient.shoe_size}"}, "email_body"),
        ({"email_subject": "{recipient.shoe_size}"}, "email_subject"),
        ({"data": {"format": "kind"}, "file_options": {"zip": True}}, "recipients[0].format"),
    ],
)
def test_what_cannot_be_is_said_where_it_stands(office: Office, changes: dict[str, Any], place: str) -> None:
    answer = office.set_up(**changes)
    assert (answer.status_code, answer.json()["place"]) == (422, place)


def test_a_schedule_keeps_what_it_says_of_its_recipients(office: Office) -> None:
    made = office.set_up(data={"cap": 7, "no_rows": "send", "timezone": "zone", "format": "kind"}).json()
    assert made["recipients"][0]["data"]["cap"] == 7
    path = f"/api/scheduled-reports/{office.schedule_id}"
    renamed = office.client.patch(path, json={"name": "Renamed"}).json()
    assert renamed["recipients"] == made["recipients"]
    copy = office.client.post(f"{path}/clone").json()
    assert copy["recipients"] == made["recipients"]


def test_recipients_may_stand_in_the_reports_own_rows_and_choose_format_and_timezone(office: Office) -> None:
    office.write(
        [
            ("ann@example.com", "Ann", "North", "Asia/Tokyo", "JSONL"),
            ("bob@example.com", "Bob", "South", "Nowhere", None),
        ]
    )
    office.set_up(data={"timezone": "zone", "format": "kind"})
    run = office.send()
    (mail,) = office.server.mails
    assert [part.get_filename().rpartition(".")[2] for part in mail.message.iter_attachments()] == ["jsonl", "json"]
    assert run["status"] == "partial", "a timezone that there is none of is said, not guessed"
    own = {"address": "mail", "pairs": [{"recipient_field": "mail", "report_field": "mail"}]}
    office.set_up(
        definition={"dataset_id": str(office.contacts.id), "columns": ["mail", "who"], "sort": []},
        recipients=[{"type": "data", "value": "", "data": own}],
    )
    assert office.send()["status"] == "completed"
    assert [[row["Who"] for row in table_in(mail.message)] for mail in office.server.mails[1:]] == [["Ann"], ["Bob"]]
