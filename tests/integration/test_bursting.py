"""Recipients in the data, from the schedule to the mail: each gets their rows, once, and nothing of anybody else's."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.bursting import Outcome
from core.runs import bursting
from tests.conftest import Tenant
from tests.integration.api_parts import start
from tests.integration.burst_parts import SALES, Office, open_office, table_in
from tests.mail_server import MailServer
from tests.run_parts import jobs

ANN = ("ann@example.com", "Ann Lee", "North", None, None)
BOB = ("bob@example.com", "Bob", "South", None, None)
CY = ("cy@example.com", None, "East", None, None)


@pytest.fixture
def office(
    tmp_path: Path, database_urls: DatabaseUrls, database: Database, clock: FixedClock, tenant: Tenant
) -> Iterator[Office]:
    with MailServer() as server:
        for installation in start(tmp_path, database_urls, clock):
            yield open_office(installation, database, tenant, server)


class Crash(BaseException):
    """The process dies: nothing of it runs any more."""


def dies_after(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, times: int) -> None:
    """Let a method work so many times and die at the next call, once."""
    whole, calls = getattr(owner, name), iter(range(times + 1))

    def method(*arguments: Any) -> Any:
        if next(calls, None) == times:
            raise Crash
        return whole(*arguments)

    monkeypatch.setattr(owner, name, method)


def ids_of(region: str | None) -> set[str]:
    return {str(number) for number, theirs, _, _ in SALES if theirs == region}


def mails(office: Office) -> dict[str, Any]:
    """The mails by their one recipient."""
    found = {mail.recipients[0]: mail.message for mail in office.server.mails}
    assert len(found) == len(office.server.mails), "nobody gets two"
    return found


def rows_of(mail: Any) -> set[str]:
    return {row["Id"] for row in table_in(mail)}


def test_each_gets_their_rows_in_a_mail_of_their_own(office: Office) -> None:
    office.write([ANN, BOB, CY])
    answer = office.set_up(email_subject="{report} for {recipient.name}", email_body="Region: {recipient.region}.")
    assert answer.status_code == 201, answer.text
    run = office.send()
    assert run["status"] == "completed", run
    found = mails(office)
    assert {address: rows_of(mail) for address, mail in found.items()} == {
        "ann@example.com": ids_of("North"),
        "bob@example.com": ids_of("South"),
        "cy@example.com": ids_of("East"),
    }
    assert [found[f"{one}@example.com"]["Subject"] for one in ("ann", "cy")] == [
        "Sales for Ann Lee",
        "Sales for cy@example.com",
    ]
    text = found["bob@example.com"].get_body(("plain",)).get_content()
    assert "Region: South." in text
    assert "North" not in text


def test_rows_of_one_address_come_together_and_no_value_picks_nothing(office: Office) -> None:
    office.write([ANN, ("Ann@Example.com", None, "East", None, None), BOB, (*CY[:2], None, None, None)])
    office.set_up()
    run = office.send()
    found = mails(office)
    assert {address: rows_of(mail) for address, mail in found.items()} == {
        "ann@example.com": ids_of("North") | ids_of("East"),
        "bob@example.com": ids_of("South"),
    }
    assert run["status"] == "completed"
    (skipped,) = office.lines(run["id"], Outcome.SKIPPED)
    assert (skipped.address, skipped.rows, skipped.reason) == ("cy@example.com", 0, "There are no rows for them.")
    answer = office.client.get(f"/api/report-executions/{run['id']}/recipients?outcome=skipped").json()
    assert (answer["outcomes"], answer["deliveries"]) == ({"sent": 2, "skipped": 1, "refused": 0}, {"sent": 2})
    assert [item["address"] for item in answer["items"]] == ["cy@example.com"]
    assert run["deliveries"] == [], "thousands of lines are not listed with the run"


def test_who_has_no_rows_may_get_a_file_that_says_so(office: Office) -> None:
    office.write([ANN, ("dan@example.com", "Dan", "West", None, None), (*CY[:2], None, None, None)])
    office.set_up(data={"no_rows": "send"})
    assert office.send()["status"] == "completed"
    assert {address: len(rows_of(mail)) for address, mail in mails(office).items()} == {
        "ann@example.com": 10,
        "dan@example.com": 0,
        "cy@example.com": 0,
    }


def test_what_cannot_be_written_to_is_said_and_the_others_get_theirs(office: Office) -> None:
    office.write([ANN, ("no address", None, "South", None, None), (None, None, "East", None, None)])
    office.set_up()
    run = office.send()
    assert set(mails(office)) == {"ann@example.com"}
    assert (run["status"], run["error"]["message"]) == (
        "partial",
        "2 of 3 recipients could not be served. The files are here.",
    )
    refused = office.lines(run["id"], Outcome.REFUSED)
    assert [(line.line, line.address) for line in refused] == [(2, "no address"), (3, "(row 3)")]


def test_more_recipients_than_the_cap_are_sent_nothing(office: Office) -> None:
    office.write([ANN, BOB, CY])
    office.set_up(data={"cap": 2})
    run = office.send()
    assert (run["status"], mails(office), office.lines(run["id"])) == ("failed", {}, ())
    assert "more than 2 recipients" in run["error"]["message"]
    answer = office.client.post(f"/api/scheduled-reports/{office.schedule_id}/burst-preview")
    assert (answer.status_code, answer.json()["place"]) == (422, "recipients[0].cap")


@pytest.mark.parametrize("contacts", [[], [("zoe@example.com", None, "West", None, None)]])
def test_nothing_is_sent_where_there_is_nobody_or_nothing(office: Office, contacts: list[Any]) -> None:
    office.write(contacts)
    office.set_up()
    run = office.send()
    assert (run["status"], mails(office)) == ("skipped", {})


def test_a_crash_in_the_middle_goes_on_and_sends_nobody_two(
    office: Office, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first attempt dies with some files written down, some stored only; deliveries die half-way, too."""
    office.write(
        [
            (f"p{number}@example.com", None, region, None, None)
            for number, region in enumerate(("North", "South", "East"))
        ]
    )
    office.set_up()
    monkeypatch.setattr(bursting, "_TOGETHER", 1)
    run_id = office.start()
    dies_after(monkeypatch, bursting.Bursting, "_record", 2)
    with pytest.raises(Crash):
        office.daemon.run(UUID(run_id))
    assert sum(line.rows is not None for line in office.lines(run_id)) == 3, "whom it found is committed"
    assert mails(office) == {}
    clock.advance(timedelta(seconds=61))
    office.daemon.run(UUID(run_id))
    lines = office.lines(run_id)
    office.daemon.deliver(lines[0].delivery_id)
    office.daemon.deliver(lines[0].delivery_id)
    run = office.finish(run_id)
    assert run["status"] == "completed"
    assert {address: rows_of(mail) for address, mail in mails(office).items()} == {
        "p0@example.com": ids_of("North"),
        "p1@example.com": ids_of("South"),
        "p2@example.com": ids_of("East"),
    }
    assert list(office.installation.broadsheet.settings.data_dir.glob("spool/*")) == []


def test_where_one_result_does_not_hold_the_parts_each_is_asked_for(office: Office) -> None:
    office.write([ANN, BOB, CY])
    definition = {
        "columns": [],
        "sort": [],
        "groupings": [{"field": "product"}],
        "measures": [{"aggregation": "sum", "field": "amount", "name": "sum", "label": "Sum"}],
        "totals": {"grand": True},
    }
    office.set_up(definition=definition)
    run = office.send()
    assert run["status"] == "completed", run
    sums = {address: int(table_in(mail)[0]["Sum"]) for address, mail in mails(office).items()}
    wanted = {"ann@example.com": "North", "bob@example.com": "South", "cy@example.com": "East"}
    assert sums == {
        address: sum(amount for _, theirs, _, amount in SALES if theirs == region) for address, region in wanted.items()
    }


def test_one_wake_up_sends_to_all_over_one_connection_and_the_mails_show_marks(office: Office) -> None:
    office.write([(f"p{number}@example.com", f"P{number}", "North", None, None) for number in range(5)])
    mark = {"kind": "mark", "key": "amount", "operator": "at_least", "values": [8], "tone": "bad"}
    office.set_up(definition={"rules": [mark]})
    run_id = office.start()
    office.daemon.run(UUID(run_id))
    before = office.server.connections
    office.daemon.deliver(next(line.delivery_id for line in office.lines(run_id) if line.delivery_id is not None))
    assert sorted(mail.recipients[0] for mail in office.server.mails) == [f"p{n}@example.com" for n in range(5)]
    assert office.server.connections == before + 1
    assert office.read(run_id)["status"] == "completed"
    html = office.server.mails[0].message.get_body(("html",)).get_content()
    assert "\N{MULTIPLICATION X}" in html


def test_where_a_worker_died_with_its_job_the_others_of_the_run_are_woken(office: Office, clock: FixedClock) -> None:
    """What it was sending is held for a person; nobody else would wake those behind it for a quarter of an hour."""
    office.write([(f"p{number}@example.com", None, "North", None, None) for number in range(3)])
    office.set_up(unknown="hold")
    run_id = office.start()
    office.daemon.run(UUID(run_id))
    outbox = office.daemon._line._deliverer._outbox
    taken = outbox.claim(next(line.delivery_id for line in office.lines(run_id) if line.delivery_id is not None))
    assert taken is not None
    with office.database.installation() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
    clock.advance(timedelta(seconds=61))
    office.daemon.sweep()
    assert [kind for kind, _ in jobs(office.database)] == ["deliver"]
