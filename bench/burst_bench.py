"""Recipients from data at scale: one report to thousands of addresses over SMTP on loopback, every file looked into.

python -m bench.burst_bench [recipients] [daemons]
"""

import asyncio
import csv
import io
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from uuid import uuid4

import duckdb
import psutil
from sqlalchemy import insert

from bench.figures import Figure, table
from bench.schedule_parts import Site, daemons, log_of, now, site
from core.db.queue import defer_run
from core.db.run_inserting import RunDraft, insert_run
from core.db.tables import DatasetRow, ReportRow, ReportVersionRow, SourceRow
from core.domain.bursting import Burst, Pair, dump_burst
from core.domain.run import RunKind

RECIPIENTS = 10_000
ROWS_EACH = 20
_GIVE_UP_S = 3600
_WORKERS = 2


class Sink:
    """Takes mail as fast as it comes, with as little as a client needs: what it was sent is kept by recipient."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: dict[str, bytes] = {}
        self.twice = 0
        self._loop = asyncio.new_event_loop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        recipient = ""
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                self.twice += recipient in self.mails
                self.mails[recipient] = content
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 OK\r\n")
            if verb == b"QUIT":
                break
        writer.close()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Listen on a free port, in a thread of its own."""
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 24)
        server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(10)
        self.port = server.sockets[0].getsockname()[1]
        yield
        self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join(10)


def measure(recipients: int = RECIPIENTS, processes: int = 1) -> list[Figure]:
    """One run to all of them, to the last delivery."""
    sink = Sink()
    with sink.running(), site() as place:
        _set_up(place, recipients)
        began, found_at, sending_at, peak = time.monotonic(), None, None, 0
        with _mail_goes_to(sink), daemons(place, processes, workers=_WORKERS) as started:
            while not place.count("SELECT count(*) FROM runs WHERE finished_at IS NOT NULL"):
                time.sleep(0.2)
                peak = max([peak, *(_memory(process.pid) for process in started)])
                found_at = found_at or _reached(place, "queried")
                sending_at = sending_at or _reached(place, "delivering")
                if time.monotonic() - began > _GIVE_UP_S or any(process.poll() is not None for process in started):
                    sys.exit(f"the run did not end; see {log_of(place, 0)}")
            ended = time.monotonic()
        state = place.count("SELECT count(*) FROM runs WHERE state = 'completed'")
        rows_read = place.count("SELECT rows_matched FROM runs")
        queries = log_of(place, 0).read_text().count("burst_asked")
    wrong = sum(not _is_right(address, content, recipients) for address, content in sink.mails.items())
    if state != 1 or len(sink.mails) != recipients or sink.twice or wrong:
        sys.exit(f"state {state}, {len(sink.mails)} mails, {sink.twice} twice, {wrong} wrong")
    found_at, sending_at = found_at or ended, sending_at or ended
    return [
        Figure(
            name=f"{recipients:,} recipients, {rows_read:,} rows: from the start to the last mail",
            measured=ended - began,
            unit="s",
        ),
        Figure(name="  recipients read and the result taken apart", measured=found_at - began, unit="s"),
        Figure(name="  files made and stored, with manifests", measured=sending_at - found_at, unit="s"),
        Figure(name="  deliveries", measured=ended - sending_at, unit="s"),
        Figure(name="messages a second while delivering", measured=recipients / (ended - sending_at), unit="/s"),
        Figure(name="questions put to the source for the report's rows", measured=queries, unit=""),
        Figure(name="files that hold a row of somebody else, or lack one", measured=wrong, unit=""),
        Figure(name="recipients who got two mails", measured=sink.twice, unit=""),
        Figure(name="peak memory of a daemon", measured=peak / (1 << 20), unit="MiB"),
    ]


def _set_up(place: Site, recipients: int) -> None:
    """A table of sales, one of contacts, a report, and a run that is to be carried out."""
    path = place.settings.data_dir / "office.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"CREATE TABLE sales AS SELECT i AS id, 'store ' || (i % {recipients}) AS store, "
            f"'item ' || (i % 97) AS item, i * 7 % 1000 AS amount FROM range({recipients * ROWS_EACH}) t(i)"
        )
        connection.execute(
            "CREATE TABLE contacts AS SELECT 'store' || i || '@example.com' AS mail, 'Store ' || i AS who, "
            f"'store ' || i AS store FROM range({recipients}) t(i)"
        )
    organization_id = place.organization_id
    with place.database.organization(organization_id) as session:
        source = {"name": "Office", "kind": "duckdb", "connection": {"path": str(path)}}
        source_id = session.execute(
            insert(SourceRow).values(organization_id=organization_id, **source).returning(SourceRow.id)
        ).scalar_one()
        ids = {}
        for name, fields in (
            ("sales", "id:integer store:text item:text amount:integer"),
            ("contacts", "mail who store"),
        ):
            described = (field.partition(":") for field in fields.split())
            content = {
                "origin": {"table_name": name},
                "row_noun": name,
                "fields": [{"name": one, "label": one.title(), "type": kind or "text"} for one, _, kind in described],
            }
            values = {"source_id": source_id, "name": name, "label": name.title(), "content": content}
            ids[name] = session.execute(
                insert(DatasetRow).values(organization_id=organization_id, **values).returning(DatasetRow.id)
            ).scalar_one()
        definition = {"dataset_id": str(ids["sales"]), "columns": ["id", "item", "amount"], "timezone": "UTC"}
        definition["sort"] = [{"key": "id"}]
        common = {"organization_id": organization_id, "report_id": uuid4()}
        report = {"owner_id": place.user_id, "dataset_id": ids["sales"], "name": "Sales", "version": 1}
        session.execute(insert(ReportRow).values(id=common["report_id"], organization_id=organization_id, **report))
        version = {"version": 1, "definition": definition, "definition_sha256": "0" * 64, "saved_by": place.user_id}
        session.execute(insert(ReportVersionRow).values(**common, **version))
        burst = Burst(
            dataset_id=ids["contacts"],
            address="mail",
            name="who",
            pairs=(Pair(recipient_field="store", report_field="store"),),
            cap=recipients,
        )
        draft = RunDraft(
            organization_id=organization_id,
            kind=RunKind.MANUAL,
            title="Sales",
            definition=definition,
            definition_sha256="0" * 64,
            requested_by=place.user_id,
            formats=("csv",),
            logical_at=now(),
            report_id=common["report_id"],
            report_version=1,
            burst=dump_burst(burst),
            email_subject="Sales of {recipient.name}",
        )
        run_id = insert_run(session, draft, now=now())
        assert run_id is not None
        defer_run(session, run_id)


@contextmanager
def _mail_goes_to(sink: Sink) -> Iterator[None]:
    """What daemons that start now use as the operator's mail server."""
    wanted = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(sink.port), "SMTP_SECURITY": "none"}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in wanted:
            del os.environ[name]


def _is_right(address: str, content: bytes, recipients: int) -> bool:
    """Whether a mail carries the rows of its recipient, all of them and no others."""
    store = int(address.partition("@")[0].removeprefix("store"))
    mail = message_from_bytes(content, policy=policy.default)
    part = next(one for one in mail.iter_attachments() if str(one.get_filename()).endswith(".csv"))
    rows = csv.DictReader(io.StringIO(part.get_content().lstrip("\ufeff")))
    return [int(row["Id"]) for row in rows] == [store + turn * recipients for turn in range(ROWS_EACH)]


def _reached(place: Site, step: str) -> float | None:
    steps = {"queried": "'queried', 'rendered', 'delivering', 'done'", "delivering": "'delivering', 'done'"}
    return time.monotonic() if place.count(f"SELECT count(*) FROM runs WHERE step IN ({steps[step]})") else None


def _memory(pid: int) -> int:
    """Resident memory of a process."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    print(table(measure(*given)))
