"""The external checker: compares what arrived with what should have, and the ledger with itself.

It knows what should have arrived from whoever ordered it, and reads what did from the sinks; of the ledger it believes
nothing that does not agree with both. A second arrival is right only inside the documented window: the ledger says that
nobody could know whether the first one arrived, once for each arrival too many.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from core.artifacts.file_store import FileStore
from core.domain.delivery import DeliveryState
from core.domain.run import RunState
from core.runs.outbox import reference_of
from core.secrets import derive
from tests.harness.orders import Orders
from tests.harness.sinks import Arrival, folder_arrivals, unfinished_files
from tests.harness.site import OWNER, SECRET_KEY, Site

#: Words in a daemon's log for something that broke and was not expected to.
_BROKEN = (
    "run_broke",
    "runs_not_begun_together",
    "deliveries_not_ended_together",
    "delivery_broke",
    "channel_broke",
    "schedule_not_planned",
    "duty_failed",
    "sweep_failed",
)
_RUNS = "SELECT * FROM runs WHERE kind = 'scheduled'"
_DELIVERIES = """
SELECT d.*,
    (SELECT count(*) FROM run_events e WHERE e.run_id = d.run_id AND e.name = 'sent'
        AND e.message = 'Sent to ' || d.address || '.') AS confirmed,
    (SELECT count(*) FROM run_events e WHERE e.run_id = d.run_id AND (e.name = 'delivery_unknown:' || d.id
        OR e.name = 'failed' AND e.message LIKE 'Not delivered to ' || d.address || ': It may have arrived%%'))
        AS unknown
FROM deliveries d JOIN runs r ON r.id = d.run_id WHERE r.kind = 'scheduled'
"""
_ENDS = """
SELECT run_id, count(*) AS n FROM run_events
WHERE name IN ('completed', 'partial', 'cancelled', 'skipped')
    OR (name = 'failed' AND message NOT LIKE 'Not delivered%')
GROUP BY run_id
"""


@dataclass(kw_only=True)
class Verdict:
    """What the checker found: the sentence for each wrong, by kind; and figures that are no wrongs."""

    lost: list[str] = field(default_factory=list)  #: a slot without its run, a delivery that never arrived
    duplicate: list[str] = field(default_factory=list)  #: a slot run twice, a delivery made twice outside the window
    half: list[str] = field(default_factory=list)  #: a file that is not, to the byte, what the ledger says
    unfinished: list[str] = field(default_factory=list)  #: a run or a delivery that did not come to its end
    ledger: list[str] = field(default_factory=list)  #: the ledger contradicts itself
    slots: int = 0
    deliveries: int = 0
    again: int = 0  #: arrivals inside the window: a second one, on record as possible
    given_up: int = 0  #: deliveries on record as failed because nobody could know twice
    notices: int = 0  #: mails that tell the owner of what did not arrive
    left_over: int = 0  #: hidden files of writers that died

    @property
    def wrongs(self) -> list[str]:
        """Everything that is wrong."""
        return [*self.lost, *self.duplicate, *self.half, *self.unfinished, *self.ledger]

    def in_words(self) -> str:
        """The first wrongs, and the figures."""
        counts = (
            f"{self.slots} slots, {self.deliveries} deliveries; {len(self.lost)} lost, "
            f"{len(self.duplicate)} duplicate, "
            f"{len(self.half)} half, {len(self.unfinished)} unfinished, {len(self.ledger)} contradictions; "
            f"{self.again} arrived again inside the window, {self.given_up} given up after two unknown ends, "
            f"{self.notices} notices to the owner, {self.left_over} hidden leftovers"
        )
        return "\n".join([counts, *self.wrongs[:20]])


def check(site: Site, orders: Orders) -> Verdict:
    """Compare. The daemons are to be at rest, and `orders.end()` called."""
    verdict = Verdict(slots=sum(map(len, orders.slots.values())), left_over=unfinished_files(site.delivered))
    runs = {row["id"]: row for row in site.rows(_RUNS)}
    _check_slots(verdict, orders.slots, list(runs.values()))
    for run in runs.values():
        _check_run(verdict, run)
    ends = {row["run_id"]: row["n"] for row in site.rows(_ENDS)}
    verdict.ledger += [f"run {run_id} ended {n} times" for run_id, n in ends.items() if run_id in runs and n != 1]
    files = _files_of_runs(verdict, site)
    _check_deliveries(verdict, site, runs, files)
    return verdict


def _check_slots(verdict: Verdict, owed: dict[UUID, set[datetime]], runs: list[dict[str, Any]]) -> None:
    made = Counter((run["schedule_id"], run["scheduled_for"]) for run in runs)
    for schedule_id, slots in owed.items():
        verdict.lost += [f"slot {at} of {schedule_id} has no run" for at in slots if not made[schedule_id, at]]
    for (schedule_id, at), count in made.items():
        if count > 1:
            verdict.duplicate.append(f"slot {at} of {schedule_id} has {count} runs")
        if at not in owed.get(schedule_id, ()):
            verdict.duplicate.append(f"nobody asked for slot {at} of {schedule_id}")


def _check_run(verdict: Verdict, run: dict[str, Any]) -> None:
    state = RunState(run["state"])
    if not state.is_final:
        verdict.unfinished.append(f"run {run['id']} is {state}, step {run['step']}")
    elif state not in (RunState.COMPLETED, RunState.PARTIAL):
        verdict.lost.append(f"run {run['id']} is {state}: {run['error_message']}")
    if state.is_final != (run["finished_at"] is not None):
        verdict.ledger.append(f"run {run['id']} is {state} and finished at {run['finished_at']}")
    if state.is_final and (run["lease_until"] is not None or run["step"] != "done"):
        verdict.ledger.append(f"run {run['id']} is {state} with step {run['step']}, lease {run['lease_until']}")


def _files_of_runs(verdict: Verdict, site: Site) -> dict[UUID, tuple[str, ...]]:
    """The digests that each run's files have to have; the stored files are held against them."""
    store = FileStore(site.folder / "artifacts", key=lambda: derive(SECRET_KEY, "artifacts"))
    files: dict[UUID, tuple[str, ...]] = {}
    for row in site.rows("SELECT run_id, format, storage_key, sha256 FROM artifacts ORDER BY sha256"):
        files[row["run_id"]] = (*files.get(row["run_id"], ()), row["sha256"])
        try:
            with store.open(row["storage_key"]) as file:
                digest = hashlib.sha256(file.read()).hexdigest()
        except Exception as error:  # noqa: BLE001 - whatever keeps it from being read is what is told
            digest = str(error)
        if digest != row["sha256"]:
            verdict.half.append(f"the stored {row['format']} of run {row['run_id']} is not what was made: {digest}")
    return files


def _check_deliveries(
    verdict: Verdict, site: Site, runs: dict[UUID, dict[str, Any]], files: dict[UUID, tuple[str, ...]]
) -> None:
    arrived: dict[str, list[Arrival]] = {}
    mails = site.mails.arrivals()
    verdict.notices = sum(mail.address == OWNER for mail in mails)
    for arrival in [*(mail for mail in mails if mail.address != OWNER), *folder_arrivals(site.delivered)]:
        arrived.setdefault(_key(arrival.name), []).append(arrival)
    served: Counter[UUID] = Counter()
    for row in site.rows(_DELIVERIES):
        verdict.deliveries += 1
        served[row["run_id"]] += 1
        mine = arrived.pop(_key_of(row, site), [])
        _check_delivery(verdict, row, len(mine))
        _check_files(verdict, row, mine, files.get(row["run_id"], ()))
        if len({arrival.whole for arrival in mine}) > 1:
            verdict.duplicate.append(f"{row['channel']} to {row['address']}: not the same when it was sent again")
    verdict.duplicate += [f"{name} belongs to no delivery" for name in arrived]
    for run_id, run in runs.items():
        if run["finished_at"] is not None and served[run_id] != len(run["recipients"]):
            verdict.lost.append(f"run {run_id} has {served[run_id]} of {len(run['recipients'])} deliveries")


def _check_files(verdict: Verdict, row: dict[str, Any], mine: list[Arrival], made: tuple[str, ...]) -> None:
    """Every file that arrived is one of the run's, and all of them did where the ledger says that it was sent.

    A writer that died twice may have left some files of several, each of them whole: then nothing is on record as sent.
    """
    whom = f"{row['channel']} to {row['address']} of run {row['run_id']}, {row['state']}"
    for arrival in mine:
        if not set(arrival.files) <= set(made):
            verdict.half.append(f"{whom}: files {arrival.files} are not the run's, {made}")
        elif len(arrival.files) < len(made) and row["state"] == DeliveryState.SENT:
            verdict.half.append(f"{whom}: {len(arrival.files)} of {len(made)} files arrived")


def _check_delivery(verdict: Verdict, row: dict[str, Any], times: int) -> None:
    state, whom = DeliveryState(row["state"]), f"{row['channel']} to {row['address']} of run {row['run_id']}"
    confirmed, unknown = row["confirmed"], row["unknown"]
    if not state.is_final:
        verdict.unfinished.append(f"{whom} is {state}")
    if state is DeliveryState.SENT and not times:
        verdict.lost.append(f"{whom} is sent and never arrived")
    if state is DeliveryState.FAILED and not unknown:
        verdict.lost.append(f"{whom} failed: {row['error_message']}")
    verdict.given_up += state is DeliveryState.FAILED and unknown > 0
    if confirmed > 1:
        verdict.duplicate.append(f"{whom}: {confirmed} arrivals are on record as sent")
    if times > confirmed + unknown:
        verdict.duplicate.append(f"{whom} arrived {times} times: {confirmed} on record as sent, {unknown} as unknown")
    if (state is DeliveryState.SENT) != (confirmed > 0) or (row["lease_until"] is not None):
        verdict.ledger.append(f"{whom} is {state}, {confirmed} times on its timeline as sent")
    verdict.again += max(times - 1, 0)


def _key_of(row: dict[str, Any], site: Site) -> str:
    """What a delivery is called where it arrives, worked out from the run alone."""
    if row["channel"] == "folder":
        run = row["run_id"].hex[:8]
        return f"{site.organization_id}/{row['address'].replace('{run}', run)}"
    reference = reference_of(row["run_id"], row["channel"], row["address"], row["destination_id"])
    return hashlib.sha256(reference.encode()).hexdigest()[:40]


def _key(name: str) -> str:
    """A Message-ID without its brackets and domain; a folder as it is."""
    return name.strip("<>").partition("@")[0] if name.startswith("<") else name


def broken(logs: Iterable[Path]) -> list[str]:
    """Lines of the daemons' logs that tell of a bug: what kills and pauses bring about has other names."""
    return [
        f"{log.name}: {line}"
        for log in logs
        if log.exists()
        for line in log.read_text(errors="replace").splitlines()
        if any(word in line for word in _BROKEN)
    ]
