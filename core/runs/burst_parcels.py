"""What a delivery of a bursting run is made of: the record and the files of its recipient's part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from core.db import artifact_repository, burst_repository
from core.db.delivery_repository import OutboxRow
from core.db.run_repository import LedgerRun
from core.domain.artifact import Artifact
from core.domain.bursting import parse_burst
from core.runs.finishing import ARCHIVE, possible_formats


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes to a recipient; `tested` is whose message it is where it goes to somebody else to be looked at."""

    record: dict[str, Any] | None
    artifacts: tuple[Artifact, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    tested: str = ""


def contents_of(session: Session, run: LedgerRun, row: OutboxRow) -> Contents:
    """Return what a delivery holds: the run's result, or of a bursting run its recipient's part alone."""
    burst = parse_burst(run.burst)
    if burst is None:
        return Contents(record=run.result_head, artifacts=artifact_repository.list_artifacts(session, run.id))
    parcel = burst_repository.load_parcel(session, run.id, row.address)
    if parcel is None:
        return Contents(record=None, artifacts=())
    wanted = (*possible_formats(parcel.formats or run.formats), ARCHIVE)
    files = artifact_repository.list_part_artifacts(session, parcel.part_id)
    return Contents(
        record=parcel.record,
        artifacts=tuple(file for file in files if file.format in wanted),
        facts=parcel.facts,
        tested=parcel.facts.get(burst.address, "") if burst.test is not None else "",
    )
