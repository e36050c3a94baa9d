"""Schedules as files: what is sent, when and to whom. A new one is paused unless its file says otherwise."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel

from core.db import template_repository
from core.domain.file_options import FileOptions, dump_file_options, parse_file_options, without_password
from core.domain.schedule import Misfire, Schedule, ScheduleDraft
from core.domain.terms import Terms, UnknownThen, dump_terms, parse_terms
from core.errors import InvalidInput
from core.schedules.config_json import dump_config, parse_config
from core.services.as_code.desk import PAGE, Desk, Json, every, shortened
from core.services.as_code.kind import (
    CALENDARS,
    DASHBOARDS,
    NOUNS,
    REPORTS,
    SCHEDULES,
    Mistake,
    Plain,
    Reference,
    refused,
    unless_left_out,
)
from core.services.as_code.schedule_models import ScheduleFile
from core.services.as_code.schedule_recipients import (
    recipient_mistakes,
    recipient_references,
    recipients_data,
    recipients_of,
)
from core.services.as_code.secret_names import placeholder, variable_of
from core.services.file_choices import UNCHANGED, PasswordChange

_NOWHERE = str(UUID(int=0))
_TERMS = ("condition", "freshness", "hold")


class ScheduleKind(Plain):
    """The schedules of an organization, but for those of archived reports."""

    folder: ClassVar[str] = SCHEDULES
    has_namesakes: ClassVar[bool] = True
    model: ClassVar[type[BaseModel]] = ScheduleFile

    def references(self, data: Json) -> Iterator[Reference]:
        """What it sends, the calendar it follows, and what its recipients name."""
        for key, folder in (("report", REPORTS), ("dashboard", DASHBOARDS)):
            if data.get(key) is not None:
                yield Reference(place=key, folder=folder, name=data[key])
        own = _own_calendar(data["schedule_config"])
        if own is not None:
            yield Reference(place="schedule_config.calendar", folder=CALENDARS, name=own)
        yield from recipient_references(data["recipients"])

    def mistakes(self, data: Json) -> Iterator[Mistake]:
        """What the recurrence, the terms and the options themselves do not allow."""
        if (data.get("report") is None) == (data.get("dashboard") is None):
            yield Mistake(place="report", message="Name either the report or the dashboard that is sent.")
        yield from recipient_mistakes(data["recipients"])
        for read in (lambda: _config(data, _NOWHERE), lambda: _terms(data), lambda: _options(data, _NOWHERE)):
            try:
                read()
            except InvalidInput as error:
                yield refused(error)

    def read_all(self, desk: Desk) -> Iterator[tuple[UUID, str, Json | str]]:
        """Every schedule."""
        service = desk.tools.schedules
        for schedule in every(lambda number: service.list(desk.principal, page=number, limit=PAGE)):
            yield schedule.id, schedule.name, unless_left_out(partial(_data, desk, schedule))

    def read(self, desk: Desk, thing_id: UUID) -> Json:
        """One schedule."""
        return _data(desk, desk.tools.schedules.get(desk.principal, thing_id))

    def secrets_changed(self, desk: Desk, data: Json, thing_id: UUID) -> tuple[str, ...]:
        """The password of its files, where the environment holds another one or the file takes it away."""
        stored = _stored_password(desk, thing_id)
        change = _password(desk, data)
        return () if change is UNCHANGED or change == stored else ("password",)

    def put(self, desk: Desk, data: Json, thing_id: UUID | None) -> UUID:
        """Keep a schedule. Raises InvalidInput for a password that is neither given nor stored."""
        service, principal = desk.tools.schedules, desk.principal
        present = None if thing_id is None else service.get(principal, thing_id)
        change = _password(desk, data)
        stored = None if thing_id is None else _stored_password(desk, thing_id)
        if data.get("password") and change is UNCHANGED and stored is None:
            words = f"Set {variable_of(data['password'])} in the environment: this password is not stored here yet."
            raise InvalidInput(words, place="password")
        draft = _draft(desk, data, is_active=present is not None and present.is_active)
        if present is None:
            return service.create(principal, draft, password=change).id
        return service.update(principal, present.id, draft, password=UNCHANGED if change == stored else change).id

    def remove(self, desk: Desk, thing_id: UUID) -> None:
        """Take a schedule away; its runs and files stay."""
        desk.tools.schedules.delete(desk.principal, thing_id)


def _draft(desk: Desk, data: Json, *, is_active: bool) -> ScheduleDraft:
    file = ScheduleFile.model_validate(data)
    recipients, burst = recipients_of(desk, file.recipients)
    calendar_id = _id_of(desk, CALENDARS, _own_calendar(file.schedule_config))
    return ScheduleDraft(
        name=file.name.strip(),
        description=file.description.strip(),
        report_id=_id_of(desk, REPORTS, file.report),
        dashboard_id=_id_of(desk, DASHBOARDS, file.dashboard),
        config=_config(data, None if calendar_id is None else str(calendar_id)),
        recipients=recipients,
        burst=burst,
        formats=tuple(file.formats),
        report_parameters=file.report_parameters,
        file_options=_options(data, _template_id(desk, data)),
        email_subject=file.email_subject or None,
        email_body=file.email_body or None,
        misfire=file.misfire,
        terms=_terms(data),
        is_active=is_active if file.is_active is None else file.is_active,
    )


def _id_of(desk: Desk, folder: str, name: str | None) -> UUID | None:
    return None if name is None else desk.names.id_of(folder, name, noun=NOUNS[folder])


def _data(desk: Desk, schedule: Schedule) -> Json:
    names, report_id, dashboard_id = desk.names, schedule.report_id, schedule.dashboard_id
    has_password = schedule.file_options.sealed_password is not None
    terms = dump_terms(schedule.terms)
    config = dump_config(schedule.config)
    if schedule.config.calendar_id is not None:
        config["calendar"] = {"own": names.reference(CALENDARS, schedule.config.calendar_id)}
    said = {
        "name": schedule.name,
        "description": schedule.description,
        "report": None if report_id is None else names.reference(REPORTS, report_id),
        "dashboard": None if dashboard_id is None else names.reference(DASHBOARDS, dashboard_id),
        "is_active": schedule.is_active,
        "schedule_config": config,
        "recipients": recipients_data(desk, schedule),
        "formats": list(schedule.formats),
        "file_options": _options_data(desk, schedule.file_options),
        "password": placeholder(NOUNS[SCHEDULES], schedule.name, "password") if has_password else None,
        "report_parameters": dict(sorted(schedule.report_parameters.items())),
        "email_subject": schedule.email_subject,
        "email_body": schedule.email_body,
        "misfire": "" if schedule.misfire is Misfire.LATEST else str(schedule.misfire),
        **{name: terms.get(name) for name in _TERMS},
        "unknown": "" if schedule.terms.unknown is UnknownThen.RESEND else str(schedule.terms.unknown),
    }
    return shortened(said)


def _own_calendar(config: Mapping[str, Any]) -> str | None:
    calendar = config.get("calendar")
    own = calendar.get("own") if isinstance(calendar, dict) else None
    return own if isinstance(own, str) else None


def _config(data: Json, own: str | None) -> Any:
    """The recurrence; `own` is the id of the organization's calendar that it names."""
    config = data["schedule_config"]
    return parse_config({**config, "calendar": own} if _own_calendar(config) is not None else config)


def _terms(data: Json) -> Terms:
    given = {name: data[name] for name in _TERMS if data.get(name) is not None}
    return parse_terms(given | {"unknown": data.get("unknown", UnknownThen.RESEND)})


def _options(data: Json, template_id: str | None) -> FileOptions:
    """The options; a template of workbooks is called by its name in files."""
    options = dict(data.get("file_options", {}))
    xlsx = options.get("xlsx")
    for place, key in (("", "sealed_password"), ("xlsx.", "deleted_template"), ("xlsx.", "template_id")):
        if key in (options if not place else xlsx if isinstance(xlsx, dict) else {}):
            raise InvalidInput(f"There is no key '{key}' here.", place=f"file_options.{place}{key}")
    if isinstance(xlsx, dict) and "template" in xlsx:
        options["xlsx"] = {key: value for key, value in xlsx.items() if key != "template"}
        options["xlsx"]["template_id"] = template_id
    try:
        return parse_file_options(options)
    except InvalidInput as error:
        place = (error.place or "").removeprefix("options")
        raise InvalidInput(error.user_message, place=f"file_options{place}") from error


def _options_data(desk: Desk, options: FileOptions) -> Json:
    data = dump_file_options(without_password(options))
    template_id = options.xlsx.template_id
    if template_id is None:
        return data
    with desk.tools.database.person(desk.principal) as session:
        name = template_repository.load_template(session, template_id).name
    xlsx = {key: value for key, value in data["xlsx"].items() if key != "template_id"}
    return data | {"xlsx": xlsx | {"template": name}}


def _template_id(desk: Desk, data: Json) -> str | None:
    xlsx = data.get("file_options", {}).get("xlsx") or {}
    if "template" not in xlsx:
        return None
    with desk.tools.database.person(desk.principal) as session:
        found = [one.id for one in template_repository.list_templates(session) if one.name == xlsx["template"]]
    if not found:
        words = (
            f"There is no workbook template called {xlsx['template']!r} here. Templates do not travel: bring it first."
        )
        raise InvalidInput(words, place="file_options.xlsx.template")
    return str(found[0])


def _password(desk: Desk, data: Json) -> PasswordChange:
    """What the file and the environment say of the password: null takes it away, nothing leaves it."""
    if "password" not in data:
        return UNCHANGED
    written = data["password"]
    return None if written is None else desk.environment.get(variable_of(written), UNCHANGED)


def _stored_password(desk: Desk, schedule_id: UUID) -> str | None:
    sealed = desk.tools.schedules.get(desk.principal, schedule_id).file_options.sealed_password
    return None if sealed is None else desk.tools.box.decrypt(sealed)
