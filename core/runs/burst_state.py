"""What the ledger keeps of a bursting run between finding its recipients and making their files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from core.db.run_repository import LedgerRun
from core.domain.result import ResultHead
from core.query.head_json import dump_head, load_head
from core.query.splitting import file_of
from core.runs.result_record import spool_path

#: Stands in `runs.result_head` of such a run.
_STATE = "burst"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitGroup:
    """The parts of one timezone, taken from one result."""

    timezone: str | None
    head: ResultHead
    places: tuple[int, ...]  #: of the run's parts, in the order in which they lie in the files
    files: int
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstState:
    """What the ledger keeps between finding and filing. No groups: each part is asked for by itself."""

    token: int  #: of the attempt that wrote the rows
    groups: tuple[SplitGroup, ...] = ()

    def is_here(self, folder: Path, run_id: UUID) -> bool:
        """Whether the rows are on this machine."""
        return all(
            file_of(group_path(folder, run_id, self.token, at), number).exists()
            for at, group in enumerate(self.groups)
            for number in range(group.files)
        )


def group_path(folder: Path, run_id: UUID, token: int, group: int) -> Path:
    """Return the name below which the rows of a group of parts lie."""
    return spool_path(folder, run_id, token).with_name(f"{run_id}-{token}-{group}")


def load_state(run: LedgerRun) -> BurstState | None:
    """What was committed with the step `queried`."""
    data = (run.result_head or {}).get(_STATE)
    if data is None:
        return None
    groups = (
        SplitGroup(
            timezone=group["timezone"],
            head=load_head(group["head"]),
            places=tuple(group["places"]),
            files=group["files"],
            limit=group["limit"],
        )
        for group in data["groups"]
    )
    return BurstState(token=data["token"], groups=tuple(groups))


def dump_state(state: BurstState) -> dict[str, Any]:
    """What is committed with the step `queried`, as JSON."""
    return {_STATE: {"token": state.token, "groups": [_dump_group(group) for group in state.groups]}}


def _dump_group(group: SplitGroup) -> Mapping[str, Any]:
    return {
        "timezone": group.timezone,
        "head": dump_head(group.head),
        "places": list(group.places),
        "files": group.files,
        "limit": group.limit,
    }
