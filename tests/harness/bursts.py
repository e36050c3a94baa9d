"""One run to many addresses in the data, its daemons killed on the way; and what each address must have got of it.

Nobody is left out, nobody gets another's rows, and nobody gets two: a mail too many stands only where the ledger says
of that very delivery that nobody could know.
"""

import csv
import io
import random
import signal
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import duckdb
from psycopg.types.json import Jsonb
from sqlalchemy import make_url

from core.db.database import Database
from core.db.queue import defer_run
from core.db.run_inserting import RunDraft, insert_run
from core.domain.bursting import Burst, Pair, dump_burst
from core.domain.run import RunKind
from core.runs import failpoints
from tests.harness.site import OWNER, Site, wait_until

ROWS_EACH = 3
#: Where a burst may die: `querying` and what small runs alone pass through are not on its way.
PLACES = (
    failpoints.STORED,
    failpoints.RENDERED,
    failpoints.DELIVERING,
    failpoints.SENDING,
    failpoints.ACCEPTED,
    failpoints.SENT,
    failpoints.SETTLED,
)
_ENDED = "SELECT 1 FROM runs WHERE finished_at IS NOT NULL"
_LEDGER = """
SELECT d.id, d.address, d.state, d.attempt, d.lease_until, d.error_message,
    (SELECT count(*) FROM run_events e WHERE e.run_id = d.run_id AND e.name = 'sent'
        AND e.message = 'Sent to ' || d.address || '.') AS confirmed,
    (SELECT count(*) FROM run_events e WHERE e.run_id = d.run_id AND e.name = 'delivery_unknown:' || d.id) AS unknown
FROM deliveries d
"""


@dataclass(kw_only=True)
class Letters:
    """A run to `count` addresses, each with rows of its own; `unknown`: what its terms say of an unknown end."""

    site: Site
    count: int
    unknown: str = "hold"
    killed: Counter[str] = field(default_factory=Counter)

    def order(self) -> None:
        """Write the rows and ask for the run."""
        site, dataset_id, report_id = self.site, uuid4(), uuid4()
        path, source_id = site.folder / f"letters-{dataset_id.hex[:8]}.duckdb", uuid4()
        with duckdb.connect(path) as connection:
            connection.sql(
                f"CREATE TABLE letters AS SELECT i AS id, 'p' || (i % {self.count}) || '@example.com' AS mail "
                f"FROM range({self.count * ROWS_EACH}) AS n(i)"
            )
        site.rows(
            "INSERT INTO sources (id, organization_id, name, kind, connection) VALUES (%s, %s, %s, 'duckdb', %s)",
            source_id,
            site.organization_id,
            path.stem,
            Jsonb({"path": str(path)}),
        )
        fields = [{"name": n, "label": n.title(), "type": t} for n, t in (("id", "integer"), ("mail", "text"))]
        site.rows(
            "INSERT INTO datasets (id, organization_id, source_id, name, label, content, checked_at) "
            "VALUES (%s, %s, %s, %s, 'Letters', %s, now())",
            dataset_id,
            site.organization_id,
            source_id,
            path.stem,
            Jsonb({"origin": {"table_name": "letters"}, "row_noun": "letters", "fields": fields}),
        )
        self._start(dataset_id, report_id)

    def _start(self, dataset_id: UUID, report_id: UUID) -> None:
        site, now = self.site, datetime.now(UTC)
        burst = Burst(
            dataset_id=None, address="mail", pairs=(Pair(recipient_field="mail", report_field="mail"),), cap=self.count
        )
        definition = {"dataset_id": str(dataset_id), "columns": ["id"], "sort": [{"key": "id"}], "timezone": "UTC"}
        draft = RunDraft(
            organization_id=site.organization_id,
            kind=RunKind.MANUAL,
            title="Letters",
            definition=definition,
            definition_sha256="0" * 64,
            requested_by=site.user_id,
            formats=("csv",),
            logical_at=now,
            burst=dump_burst(burst),
            terms={"unknown": self.unknown},
        )
        database = Database(make_url(site.environment()["DATABASE_URL"]).set(drivername="postgresql+psycopg"))
        try:
            with database.organization(site.organization_id) as session:
                run_id = insert_run(session, draft, now=now)
                assert run_id is not None
                defer_run(session, run_id)
        finally:
            database.dispose()

    def die_at(self, place: str, patience_s: float) -> bool:
        """Let a daemon work until it dies at a failpoint; False where the run ended before it came there."""
        daemon = self.site.start(failpoint=place)
        wait_until(lambda: not daemon.is_alive or bool(self.site.rows(_ENDED)), patience_s)
        died = not daemon.is_alive
        daemon.signal(signal.SIGKILL)
        daemon.join()
        self.killed[place] += died
        return died

    def die_after(self, mails: int, patience_s: float) -> None:
        """Let a daemon send so many mails more, and kill it wherever it is then."""
        wanted, daemon = len(self.site.mails.mails) + mails, self.site.start()
        wait_until(
            lambda: len(self.site.mails.mails) >= wanted or bool(self.site.rows(_ENDED)), patience_s, look_s=0.01
        )
        self.killed["on the way"] += daemon.signal(signal.SIGKILL)
        daemon.join()

    def die_often(self, kills: int, seed: int, patience_s: float) -> None:
        """Kill in turn at each failpoint and on the way, until it was so often or the run has ended."""
        chance, places = random.Random(seed), list(PLACES)
        most = max(self.count // (2 * kills), 1)
        while self.killed.total() < kills and not self.site.rows(_ENDED):
            if places:
                self.die_at(places.pop(0), patience_s)
            elif chance.random() < 0.5:
                self.die_at(chance.choice(PLACES[3:]), patience_s)
            else:
                self.die_after(chance.randint(1, most), patience_s)

    def finish(self, patience_s: float) -> bool:
        """Let healthy daemons do the rest; what is held waits for a person. Returns whether it came to that."""
        daemons = [self.site.start() for _ in range(2)]
        done = wait_until(lambda: bool(self.site.rows(_ENDED)), patience_s)
        for daemon in daemons:
            daemon.signal(signal.SIGKILL)
            daemon.join()
        return done

    def wrongs(self) -> list[str]:
        """Everything that should not be; empty where all is as promised."""
        arrived: dict[str, list[Any]] = {}
        for mail in self.site.mails.mails:
            if mail.recipients[0] == OWNER:  # is told of what is held
                continue
            arrived.setdefault(mail.recipients[0], []).append(mail)
        rows, wanted = self.site.rows(_LEDGER), {f"p{number}@example.com" for number in range(self.count)}
        found = [f"{address} is on nobody's list" for address in arrived.keys() - wanted]
        found += [f"{address} has no delivery" for address in wanted - {row["address"] for row in rows}]
        found += [f"{address} has two" for address, n in Counter(row["address"] for row in rows).items() if n > 1]
        for row in rows:
            found += _wrongs_of(row, arrived.get(row["address"], []), count=self.count, holds=self.unknown == "hold")
        return found

    def again(self) -> int:
        """How many mails came to somebody who had one."""
        arrived = Counter(mail.recipients[0] for mail in self.site.mails.mails)
        return sum(times - 1 for address, times in arrived.items() if address != OWNER)

    def states(self) -> Counter[str]:
        """How many deliveries are in which state."""
        return Counter(row["state"] for row in self.site.rows(_LEDGER))


def _wrongs_of(row: dict[str, Any], mails: list[Any], *, count: int, holds: bool) -> list[str]:
    whom, state, times = f"{row['address']}, {row['state']}", row["state"], len(mails)
    found = [f"{whom}: got the rows of somebody else" for mail in mails if not _is_theirs(mail, row["address"], count)]
    if row["lease_until"] is not None or state not in ("sent", "held", "failed"):
        found.append(f"{whom}: has not come to its end")
    if state == "sent" and row["confirmed"] != 1:
        found.append(f"{whom}: on record as sent {row['confirmed']} times")
    if state == "sent" and not times:
        found.append(f"{whom}: never arrived")
    if (state == "held" and not holds) or (state == "failed" and not row["unknown"]):
        found.append(f"{whom}: nobody knows why: {row['error_message']}")
    # Whose end is held went out once at most; each unknown end allows for one arrival more.
    allowed = 1 if holds else row["confirmed"] + row["unknown"] + (state == "failed")
    if times > allowed:
        found.append(f"{whom}: arrived {times} times, with {row['unknown']} unknown ends on record")
    return found


def _is_theirs(mail: Any, address: str, count: int) -> bool:
    part = next(one for one in mail.message.iter_attachments() if str(one.get_filename()).endswith(".csv"))
    rows = csv.DictReader(io.StringIO(part.get_content().lstrip("\ufeff")))
    number = int(address.partition("@")[0].removeprefix("p"))
    return [int(row["Id"]) for row in rows] == [number + turn * count for turn in range(ROWS_EACH)]
