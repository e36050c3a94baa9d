"""Several small runs at once: one statement commits them with their files and deliveries, one ends them.

Each run is fenced by its own lease; one whose state or token is another by now is left out, and nothing of it written.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.artifact_repository import artifact_values
from core.db.delivery_repository import MAX_RESPONSE, OutboxRow, sent_words
from core.db.history_repository import PastRun
from core.db.run_repository import LedgerRun
from core.db.sent_repository import copy_values
from core.db.sharing_repository import WAITS_FOR_SIBLING
from core.domain.artifact import Artifact
from core.domain.sent import SentCopy


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRun:
    """A run whose files are stored: what its row is to say, the lines for its timeline, and who gets it."""

    run: LedgerRun
    columns: dict[str, Any]  #: those of `_RUN_COLUMNS`
    lines: Sequence[tuple[str, str]]
    artifacts: tuple[Artifact, ...]
    deliveries: Sequence[tuple[OutboxRow, str]]  #: as they are to be: `sending`, with a lease; and their references
    schedule: str | None  #: its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What stands before a run: its schedule's name, and the last run that reached a recipient of it."""

    schedule: str | None = None
    delivered: PastRun | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRow:
    """A delivery that arrived, and what is to be kept of it."""

    row: OutboxRow
    response: str
    reference: str
    copy: SentCopy
    took_s: float


def begin_deliveries(session: Session, organization_id: UUID, runs: Sequence[MadeRun], *, at: datetime) -> set[UUID]:
    """Commit runs up to their deliveries, which are `sending` from then on; returns the runs that this was done for.

    The others lost their lease, or a person cancelled them.
    """
    given = {
        "organization": organization_id,
        "at": at,
        "runs": [{"id": made.run.id, "token": made.run.lease_token, **made.columns} for made in runs],
        "lines": [
            {"run_id": made.run.id, "name": name, "message": message, "place": place}
            for made in runs
            for place, (name, message) in enumerate(made.lines)
        ],
        "files": [artifact_values(artifact, organization_id) for made in runs for artifact in made.artifacts],
        "deliveries": [_outbox_values(*outgoing) for made in runs for outgoing in made.deliveries],
    }
    return _ids(session, _BEGIN, given)


def read_before(session: Session, runs: Sequence[LedgerRun]) -> dict[UUID, Before]:
    """Return by run what stands before each that has a schedule."""
    asked = [
        {"run_id": run.id, "schedule_id": run.schedule_id, "logical_at": run.logical_at}
        for run in runs
        if run.schedule_id is not None
    ]
    rows = session.execute(_READ_BEFORE, {"asked": json.dumps(asked, default=str)})
    return {
        row.run_id: Before(
            schedule=row.name,
            delivered=None
            if row.id is None
            else PastRun(id=row.id, logical_at=row.logical_at, fingerprint=row.fingerprint),
        )
        for row in rows
    }


def wake_siblings_of(session: Session, runs: Sequence[LedgerRun]) -> tuple[UUID, ...]:
    """Put the runs that wait for the files of these back in line; returns them."""
    keys = [run.share_key for run in runs if run.share_key is not None]
    return tuple(session.execute(_WAKE, {"keys": keys, "words": WAITS_FOR_SIBLING}).scalars())


def heal_reports(session: Session, runs: Sequence[LedgerRun]) -> None:
    """Forget what the reports of these lost, where the version that ran is the newest."""
    reports = [(run.report_id, run.report_version) for run in runs if run.report_id is not None]
    ids, versions = zip(*reports, strict=True) if reports else ((), ())
    session.execute(_HEAL, {"ids": list(ids), "versions": list(versions)})


def end_whole(session: Session, organization_id: UUID, sent: Sequence[SentRow], *, at: datetime) -> set[UUID]:
    """Note what arrived of the runs of which everything did, and end them; returns those runs.

    Not of those that a person cancelled, or of which a delivery is not what it was.
    """
    rows = [one.row for one in sent]
    fences = {"ids": [row.id for row in rows], "tokens": [row.lease_token for row in rows]}
    locked = {"runs": session.execute(_LOCK, {"ids": [row.run_id for row in rows]}).scalars().all()}
    whole = set(session.execute(_WHOLE, locked | fences).scalars())
    given = {
        "organization": organization_id,
        "at": at,
        "sent": [
            {
                "id": one.row.id,
                "run_id": one.row.run_id,
                "token": one.row.lease_token,
                "response": one.response[:MAX_RESPONSE],
                "reference": one.reference,
                "message": sent_words(one.row),
                "took_s": one.took_s,
                **{f"copy_{name}": value for name, value in copy_values(one.copy).items()},
            }
            for one in sent
            if one.row.run_id in whole
        ],
    }
    return _ids(session, _END, given)


def _outbox_values(row: OutboxRow, reference: str) -> dict[str, Any]:
    names = (
        "id",
        "run_id",
        "channel",
        "destination_id",
        "address",
        "role",
        "recipient_name",
        "recipient_locale",
        "attempt",
        "lease_token",
        "lease_until",
    )
    return {"reference": reference, **{name: getattr(row, name) for name in names}}


def _ids(session: Session, statement: Any, given: dict[str, Any]) -> set[UUID]:
    values = {
        name: json.dumps(value, default=str) if isinstance(value, list) else value for name, value in given.items()
    }
    return set(session.execute(statement, values).scalars())


_BEGIN = text("""
WITH given AS (
    SELECT * FROM jsonb_to_recordset(CAST(:runs AS jsonb)) AS g(
        id uuid, token bigint, result_head jsonb, rows_matched bigint, rows_delivered bigint, query_s float8,
        render_s float8, fingerprint jsonb
    )
), done AS (
    UPDATE runs SET step = 'delivering', lease_until = NULL, deliver_s = 0, progress = NULL, held_because = NULL,
        is_stale = false, result_head = given.result_head, rows_matched = given.rows_matched,
        rows_delivered = given.rows_delivered, query_s = given.query_s, render_s = given.render_s,
        fingerprint = given.fingerprint
    FROM given
    WHERE runs.id = given.id AND runs.lease_token = given.token AND runs.state = 'running'
        AND runs.cancel_requested_at IS NULL
    RETURNING runs.id
), told AS (
    INSERT INTO run_events (organization_id, run_id, at, name, message)
    SELECT :organization, line.run_id, :at, line.name, line.message
    FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS line(run_id uuid, name text, message text, place int)
    JOIN done ON done.id = line.run_id ORDER BY line.run_id, line.place
), filed AS (
    INSERT INTO artifacts (id, organization_id, run_id, format, file_name, media_type, store, storage_key, sha256,
        size_bytes, manifest, created_at)
    SELECT file.* FROM jsonb_to_recordset(CAST(:files AS jsonb)) AS file(
        id uuid, organization_id uuid, run_id uuid, format text, file_name text, media_type text, store text,
        storage_key text, sha256 text, size_bytes bigint, manifest jsonb, created_at timestamptz
    )
    JOIN done ON done.id = file.run_id
    ON CONFLICT DO NOTHING
), outgoing AS (
    INSERT INTO deliveries (id, organization_id, run_id, channel, destination_id, address, role, recipient_name,
        recipient_locale, state, attempt, lease_token, lease_until, reference)
    SELECT out.id, :organization, out.run_id, out.channel, out.destination_id, out.address, out.role,
        out.recipient_name, out.recipient_locale, 'sending', out.attempt, out.lease_token, out.lease_until,
        out.reference
    FROM jsonb_to_recordset(CAST(:deliveries AS jsonb)) AS out(
        id uuid, run_id uuid, channel text, destination_id uuid, address text, role text, recipient_name text,
        recipient_locale text, attempt int, lease_token bigint, lease_until timestamptz, reference text
    )
    JOIN done ON done.id = out.run_id
    RETURNING id, attempt
), archived AS (
    INSERT INTO delivery_events (organization_id, delivery_id, state, attempt)
    SELECT :organization, id, 'sending', attempt FROM outgoing
)
SELECT id FROM done
""")

#: NO KEY: timeline lines refer to the run and must not wait for it. Who changes a delivery locks its run first.
_LOCK = text(
    "SELECT id FROM runs WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'running' AND step = 'delivering' "
    "AND cancel_requested_at IS NULL ORDER BY id FOR NO KEY UPDATE"
)
_WHOLE = text(
    "SELECT run_id FROM deliveries WHERE run_id = ANY(CAST(:runs AS uuid[])) GROUP BY run_id "
    "HAVING bool_and(state = 'sending' AND (id, lease_token) IN "
    "(SELECT unnest(CAST(:ids AS uuid[])), unnest(CAST(:tokens AS bigint[]))))"
)
_READ_BEFORE = text("""
SELECT asked.run_id, schedules.name, past.id, past.logical_at, past.fingerprint
FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS asked(run_id uuid, schedule_id uuid, logical_at timestamptz)
JOIN schedules ON schedules.id = asked.schedule_id
LEFT JOIN LATERAL (
    SELECT runs.id, runs.logical_at, runs.fingerprint FROM runs
    WHERE runs.schedule_id = asked.schedule_id AND runs.logical_at < asked.logical_at
        AND runs.fingerprint IS NOT NULL AND runs.kind <> 'test'
        AND (
            runs.state = 'running' AND runs.step = 'delivering'
            OR EXISTS (SELECT FROM deliveries WHERE deliveries.run_id = runs.id AND deliveries.state = 'sent')
        )
    ORDER BY runs.logical_at DESC, runs.created_at DESC LIMIT 1
) past ON true
""")
#: In one order: daemons that wake the same ones would wait for each other else.
_WAKE = text(
    "WITH woken AS MATERIALIZED (SELECT id FROM runs WHERE share_key = ANY(CAST(:keys AS text[])) "
    "AND state = 'waiting' AND waiting_for = :words ORDER BY id FOR NO KEY UPDATE) "
    "UPDATE runs SET next_attempt_at = NULL FROM woken WHERE runs.id = woken.id RETURNING runs.id"
)
_HEAL = text(
    "DELETE FROM report_notices USING reports WHERE reports.id = report_notices.report_id "
    "AND (reports.id, reports.version) IN (SELECT unnest(CAST(:ids AS uuid[])), unnest(CAST(:versions AS int[])))"
)

_END = text("""
WITH given AS (
    SELECT * FROM jsonb_to_recordset(CAST(:sent AS jsonb)) AS g(
        id uuid, run_id uuid, token bigint, response text, reference text, message text, took_s float8,
        copy_at timestamptz, copy_subject text, copy_sha256 text, copy_size_bytes bigint, copy_content text,
        copy_files jsonb
    )
), arrived AS (
    UPDATE deliveries SET state = 'sent', lease_until = NULL, sent_at = :at, response = given.response,
        error_message = NULL, reference = given.reference
    FROM given
    WHERE deliveries.id = given.id AND deliveries.lease_token = given.token AND deliveries.state = 'sending'
    RETURNING deliveries.id, deliveries.run_id, deliveries.attempt
), archived AS (
    INSERT INTO delivery_events (organization_id, delivery_id, state, attempt, message)
    SELECT :organization, arrived.id, 'sent', arrived.attempt, given.response
    FROM arrived JOIN given ON given.id = arrived.id
), copied AS (
    INSERT INTO sent_copies (organization_id, delivery_id, at, subject, sha256, size_bytes, content, files)
    SELECT :organization, given.id, given.copy_at, given.copy_subject, given.copy_sha256, given.copy_size_bytes,
        given.copy_content, given.copy_files
    FROM arrived JOIN given ON given.id = arrived.id
), ended AS (
    UPDATE runs SET state = 'completed', step = 'done', progress = NULL, finished_at = :at,
        deliver_s = coalesce(runs.deliver_s, 0) + served.took_s
    FROM (SELECT run_id, sum(took_s) AS took_s FROM given GROUP BY run_id) served
    WHERE runs.id = served.run_id
    RETURNING runs.id
), told AS (
    INSERT INTO run_events (organization_id, run_id, at, name, message)
    SELECT :organization, line.run_id, :at, line.name, line.message
    FROM (
        SELECT run_id, 'sent' AS name, message, 0 AS place FROM given
        UNION ALL
        SELECT id, 'completed', 'Delivered to everyone.', 1 FROM ended
    ) line ORDER BY line.run_id, line.place
)
SELECT id FROM ended
""")
