"""What the command line asks on behalf of a person: who that is, which reports are meant, which values are given."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from core.db import access_repository
from core.db.database import Database
from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.definition import Parameter, ParameterType
from core.domain.field import FieldType
from core.domain.parameters import ParameterValue, parse_parameters
from core.domain.report import Report
from core.domain.schedule import Schedule
from core.errors import InvalidInput, NotFound
from core.services.reports import ReportService
from core.services.schedules import ScheduleService

_PAGE = 200
_AS_JSON = (FieldType.INTEGER, FieldType.DECIMAL, FieldType.BOOLEAN)


def principal_called(database: Database, email: str, organization: str | None = None) -> Principal:
    """Return the active person who signs in with `email`, in their first organization or the one named.

    Who may run commands here may read the database's keys as well: no password is asked. Raises InvalidInput.
    """
    with database.installation() as session:
        known = access_repository.find_credentials(session, email.strip().lower())
        found = access_repository.principals_of_user(session, known.user_id) if known else ()
    for principal in found:
        if organization in (None, principal.organization):
            return principal
    where = f" in {organization}" if organization else ""
    raise InvalidInput(f"Nobody active signs in with {email}{where}. Name somebody with --as.", place="as")


def report_called(reports: ReportService, principal: Principal, name: str) -> Report:
    """Return the report with this id or this very name. Raises NotFound, or InvalidInput where several have it."""
    try:
        return reports.get(principal, UUID(name))
    except ValueError:
        pass
    found = [one for one in reports.list(principal, search=name, limit=_PAGE).items if one.name == name.strip()]
    if not found:
        raise NotFound(f"There is no report called {name!r}, or {principal.email} may not see it.")
    if len(found) > 1:
        ids = ", ".join(str(one.id) for one in found)
        raise InvalidInput(f"{len(found)} reports are called {name!r}. Name one by its id: {ids}.", place="name")
    return found[0]


def schedule_called(schedules: ScheduleService, principal: Principal, name: str) -> Schedule:
    """Return the schedule with this id or this very name. Raises NotFound, or InvalidInput where several have it."""
    try:
        return schedules.get(principal, UUID(name))
    except ValueError:
        pass
    found, page = [], 1
    while True:
        listed = schedules.list(principal, page=page, limit=_PAGE)
        found += [one for one in listed.items if one.name == name.strip()]
        if page * _PAGE >= listed.total:
            break
        page += 1
    if not found:
        raise NotFound(f"There is no schedule called {name!r}, or {principal.email} may not see it.")
    if len(found) > 1:
        ids = ", ".join(str(one.id) for one in found)
        raise InvalidInput(f"{len(found)} schedules are called {name!r}. Name one by its id: {ids}.", place="name")
    return found[0]


def instant_given(text: str, place: str) -> datetime:
    """Return the moment that a text says with its offset. Raises InvalidInput."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a time such as 2026-11-23T09:00:00+01:00.", place=place) from error
    if given.tzinfo is None:
        raise InvalidInput("Give the time with its offset, as in 2026-11-23T09:00:00+01:00.", place=place)
    return given


def given_values(report: Report, dataset: Dataset, pairs: Sequence[str]) -> Mapping[str, ParameterValue]:
    """Return the values of `name=value` pairs; a name that comes several times is a list. Raises InvalidInput.

    Numbers and booleans are read as such where the parameter takes them; a date window is JSON.
    """
    asked = {parameter.name: parameter for parameter in report.definition.parameters}
    given: dict[str, list[Any]] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise InvalidInput(f"Give a value as name=value, not as {pair!r}.", place="param")
        given.setdefault(name, []).append(_value(asked.get(name), dataset, text))
    single = {name: values[0] if len(values) == 1 else values for name, values in given.items()}
    return parse_parameters(report.definition, single)


def _value(parameter: Parameter | None, dataset: Dataset, text: str) -> Any:
    if parameter is None or not _takes_json(parameter, dataset):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _takes_json(parameter: Parameter, dataset: Dataset) -> bool:
    if parameter.type is ParameterType.WINDOW:
        return True
    field = dataset.field(parameter.field) if parameter.field else None
    return (field.type if field else parameter.value_type) in _AS_JSON
