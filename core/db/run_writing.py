"""The one statement that changes a run: fenced by its lease, with lines on its timeline, made once for its columns."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, insert, select, union_all, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import Null

from core.db.tables import RunEventRow, RunRow
from core.domain.run import Lease, RunState
from core.errors import LeaseLost

_RUNS: Any = RunRow.__table__
_EVENTS: Any = RunEventRow.__table__


def write_run(
    session: Session,
    lease: Lease,
    *,
    expected: RunState,
    values: Mapping[str, Any],
    at: datetime | None = None,
    lines: Sequence[tuple[str, str]] = (),
) -> datetime | None:
    """Change a run whose token is still the lease's, with lines on its timeline in the same statement.

    Returns when a cancel was asked for, if so.
    """
    given = {f"new_{name}": None if isinstance(value, Null) else value for name, value in values.items()}
    given |= {"of_run": lease.run_id, "expected": str(expected), "token": lease.token}
    if lines:
        given |= {"at": at, "organization": lease.organization_id}
        for number, (name, message) in enumerate(lines):
            given |= {f"name_{number}": name, f"message_{number}": message}
    written = session.execute(_writing(tuple(values), len(lines)), given).first()
    if written is None:
        raise LeaseLost
    asked_at: datetime | None = written.cancel_requested_at
    return asked_at


@cache
def _writing(names: tuple[str, ...], lines: int) -> Executable:
    """The statement of `write_run`: made once for the columns it writes, as making it costs more than running it."""
    write = (
        update(_RUNS)
        .where(
            _RUNS.c.id == bindparam("of_run", type_=_RUNS.c.id.type),
            _RUNS.c.state == bindparam("expected", type_=_RUNS.c.state.type),
            _RUNS.c.lease_token == bindparam("token", type_=_RUNS.c.lease_token.type),
        )
        .values({name: bindparam(f"new_{name}", type_=_bound_type(name)) for name in names})
        .returning(_RUNS.c.id, _RUNS.c.cancel_requested_at)
    )
    if not lines:
        return write
    done = write.cte("done")
    said = union_all(*(_line(number, done) for number in range(lines)))
    added = insert(_EVENTS).from_select(["at", "organization_id", "name", "message", "run_id"], said).cte("added")
    return select(done.c.id, done.c.cancel_requested_at).add_cte(added)


def _line(number: int, done: Any) -> Select[Any]:
    columns = _EVENTS.c
    return select(
        bindparam("at", type_=columns.at.type),
        bindparam("organization", type_=columns.organization_id.type),
        bindparam(f"name_{number}", type_=columns.name.type),
        bindparam(f"message_{number}", type_=columns.message.type),
        done.c.id,
    )


def _bound_type(name: str) -> Any:
    """The type of a column's new value; None is the database's null, in JSON as well."""
    kind = _RUNS.c[name].type
    return JSONB(none_as_null=True) if isinstance(kind, JSONB) else kind
