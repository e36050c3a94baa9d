"""Schedules: creating, changing, pausing, and saying when they run."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require
from core.clock import Clock
from core.db import dataset_repository, report_repository, schedule_repository
from core.db.database import Database
from core.deliver.channel import Channel
from core.deliver.templates import check_subject, check_template
from core.domain.access import Permission, Principal
from core.domain.catalog import Problem
from core.domain.page import Page
from core.domain.parameters import dump_parameters, parse_parameters
from core.domain.schedule import FireTime, Recipient, Schedule, ScheduleConfig, ScheduleDraft
from core.domain.text import check_text
from core.errors import Conflict, InvalidAddress, InvalidInput, InvalidSchedule
from core.query.given_values import bind_given
from core.render import RENDERERS
from core.schedules.recurrence import check_config, next_fire_times
from core.schedules.words import describe_config
from core.secrets import SecretBox
from core.services.file_choices import (
    UNCHANGED,
    PasswordChange,
    check_choices,
    check_formats,
    hold_template,
    with_password,
)

MAX_NEXT_RUNS = 100
MAX_RECIPIENTS = 200
MAX_NAME_LENGTH = 200
MAX_DESCRIPTION_LENGTH = 2000


class ScheduleService:
    """Everything a person does with schedules."""

    def __init__(
        self, database: Database, clock: Clock, *, channels: Mapping[str, Channel], box: SecretBox | None = None
    ) -> None:
        """`box` seals the passwords of files; without it files are given none."""
        self._database = database
        self._clock = clock
        self._channels = channels
        self._box = box

    def list(
        self,
        principal: Principal,
        *,
        report_id: UUID | None = None,
        is_active: bool | None = None,
        page: int = 1,
        limit: int = 50,
    ) -> Page[Schedule]:
        """Return schedules by next run; paused ones last."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            return schedule_repository.list_schedules(
                session, report_id=report_id, is_active=is_active, page=page, limit=limit
            )

    def get(self, principal: Principal, schedule_id: UUID) -> Schedule:
        """Return a schedule; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            return schedule_repository.load_schedule(session, schedule_id)

    def problems(self, principal: Principal, schedule: Schedule) -> tuple[Problem, ...]:
        """Return why the next run would fail: values that the report, as it is now, needs or does not take."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            try:
                _with_parameters(session, _draft_of(schedule))
            except InvalidInput as error:
                return (Problem(place=error.place, message=error.user_message),)
        return ()

    def create(self, principal: Principal, draft: ScheduleDraft, *, password: PasswordChange = UNCHANGED) -> Schedule:
        """Save a new schedule, its files locked with `password`; raises InvalidInput with the place, saving nothing."""
        require(principal, Permission.MANAGE_SCHEDULES)
        draft = self._with_password(draft, password, None)
        self._check(draft)
        with self._database.organization(principal.organization_id) as session:
            hold_template(session, draft.file_options, place="file_options")
            draft = _with_parameters(session, draft)
            schedule_id = schedule_repository.insert_schedule(
                session,
                draft,
                organization_id=principal.organization_id,
                owner_id=principal.user_id,
                next_run_at=self._next_run_at(draft),
            )
            return schedule_repository.load_schedule(session, schedule_id)

    def update(
        self,
        principal: Principal,
        schedule_id: UUID,
        draft: ScheduleDraft,
        *,
        expected_version: int | None = None,
        password: PasswordChange = UNCHANGED,
    ) -> Schedule:
        """Replace what a schedule says; raises Conflict where `expected_version` is no longer the newest."""
        return self.change(
            principal, schedule_id, lambda _current: draft, expected_version=expected_version, password=password
        )

    def change(
        self,
        principal: Principal,
        schedule_id: UUID,
        merge: Callable[[Schedule], ScheduleDraft],
        *,
        expected_version: int | None = None,
        password: PasswordChange = UNCHANGED,
    ) -> Schedule:
        """Replace a schedule by what `merge` makes of its newest version; the same as before is no new version.

        The password of its files is no part of that: it stays unless `password` says otherwise.
        Raises Conflict where `expected_version` is no longer the newest. Without it writers take turns, so that each
        merges into what the one before it saved.
        """
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.organization(principal.organization_id) as session:
            current = schedule_repository.load_schedule(session, schedule_id, lock=True)
            if expected_version is not None and expected_version != current.version:
                raise Conflict
            draft = self._with_password(merge(current), password, current.file_options.sealed_password)
            if draft == _draft_of(current):
                return current
            self._check(draft)
            hold_template(session, draft.file_options, place="file_options")
            draft = _with_parameters(session, draft)
            if draft == _draft_of(current):
                return current
            schedule_repository.replace_schedule(
                session,
                schedule_id,
                draft,
                expected_version=current.version,
                next_run_at=self._next_run_at(draft),
            )
            return schedule_repository.load_schedule(session, schedule_id)

    def pause(self, principal: Principal, schedule_id: UUID) -> Schedule:
        """Stop a schedule until it is resumed."""
        return self._set_active(principal, schedule_id, is_active=False)

    def resume(self, principal: Principal, schedule_id: UUID) -> Schedule:
        """Let a paused schedule run again from now on."""
        return self._set_active(principal, schedule_id, is_active=True)

    def delete(self, principal: Principal, schedule_id: UUID) -> None:
        """Delete a schedule; its runs and files stay."""
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.organization(principal.organization_id) as session:
            schedule_repository.load_schedule(session, schedule_id)
            schedule_repository.delete_schedule(session, schedule_id)

    def next_runs(
        self, config: ScheduleConfig, *, count: int = 5, after: datetime | None = None
    ) -> tuple[FireTime, ...]:
        """Return the next slots strictly after `after`, which is now unless given; raises InvalidSchedule."""
        if not 1 <= count <= MAX_NEXT_RUNS:
            raise InvalidInput(f"Ask for 1 to {MAX_NEXT_RUNS} runs.", place="count")
        check_config(config)
        return next_fire_times(config, after=after or self._clock.now(), count=count)

    def describe(self, config: ScheduleConfig) -> str:
        """Return the recurrence in words: "Every Monday at 09:00 (New York)"."""
        return describe_config(config)

    def formats(self) -> tuple[tuple[str, str], ...]:
        """Return every file format as key and label."""
        return tuple((key, renderer.label) for key, renderer in RENDERERS.items())

    def channels(self) -> tuple[tuple[str, str], ...]:
        """Return every channel as key and label."""
        return tuple((key, channel.label) for key, channel in self._channels.items())

    def _set_active(self, principal: Principal, schedule_id: UUID, *, is_active: bool) -> Schedule:
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.organization(principal.organization_id) as session:
            current = schedule_repository.load_schedule(session, schedule_id, lock=True)
            if is_active:
                report_repository.load_report(session, current.report_id)
            slots = next_fire_times(current.config, after=self._clock.now(), count=1) if is_active else ()
            schedule_repository.set_active(
                session, schedule_id, is_active=is_active, next_run_at=slots[0].at if slots else None
            )
            return schedule_repository.load_schedule(session, schedule_id)

    def _next_run_at(self, draft: ScheduleDraft) -> datetime | None:
        slots = next_fire_times(draft.config, after=self._clock.now(), count=1)
        if not slots:
            raise InvalidSchedule(
                "This schedule never runs: its end lies before its next time.", place="schedule_config"
            )
        return slots[0].at if draft.is_active else None

    def _with_password(self, draft: ScheduleDraft, change: PasswordChange, present: str | None) -> ScheduleDraft:
        return replace(draft, file_options=with_password(draft.file_options, change, self._box, present=present))

    def _check(self, draft: ScheduleDraft) -> None:
        if not draft.name.strip():
            raise InvalidInput("Give the schedule a name.", place="name")
        check_text(draft.name, place="name", max_length=MAX_NAME_LENGTH, one_line=True)
        check_text(draft.description, place="description", max_length=MAX_DESCRIPTION_LENGTH)
        check_config(draft.config)
        check_formats(draft.formats)
        check_choices(draft.file_options, place="file_options")
        self._check_recipients(draft.recipients)
        if draft.email_subject:
            check_subject(draft.email_subject, "email_subject")
        if draft.email_body:
            check_template(draft.email_body, "email_body")

    def _check_recipients(self, recipients: tuple[Recipient, ...]) -> None:
        if not recipients:
            raise InvalidInput("Name at least one recipient.", place="recipients")
        if len(recipients) > MAX_RECIPIENTS:
            raise InvalidInput(f"A schedule may have up to {MAX_RECIPIENTS} recipients.", place="recipients")
        seen: set[tuple[str, str]] = set()
        for position, recipient in enumerate(recipients):
            place = f"recipients[{position}]"
            channel = self._channels.get(recipient.channel)
            if channel is None:
                known = ", ".join(self._channels)
                raise InvalidInput(f"There is no channel called {recipient.channel!r}; known: {known}.", place=place)
            try:
                channel.check_address(recipient.address)
            except InvalidAddress as error:
                raise InvalidAddress(error.user_message, place=place) from error
            key = (recipient.channel, recipient.address.strip().lower())
            if key in seen:
                raise InvalidAddress(f"{recipient.address} is named twice.", place=place)
            seen.add(key)


def _with_parameters(session: Session, draft: ScheduleDraft) -> ScheduleDraft:
    """Return the draft with its values in canonical JSON, checked against the report's newest version.

    The report is locked, so that nobody archives it or changes what it asks for in between.
    """
    definition = report_repository.load_report(session, draft.report_id, lock=True).definition
    with _at_report_parameters():
        given = parse_parameters(definition, draft.report_parameters)
        if given or definition.parameters:
            bind_given(definition, dataset_repository.load_one_dataset(session, definition.dataset_id), given)
    return replace(draft, report_parameters=dump_parameters(given))


@contextmanager
def _at_report_parameters() -> Iterator[None]:
    """Name the place of a value as the schedule does: `report_parameters.country`."""
    try:
        yield
    except InvalidInput as error:
        if error.place is None or not error.place.startswith("parameters"):
            raise
        place = f"report_{error.place}"
        raise InvalidInput(error.user_message.removeprefix(f"{error.place}: "), place=place) from error


def _draft_of(schedule: Schedule) -> ScheduleDraft:
    """What somebody would give to make this schedule."""
    return ScheduleDraft(**{field.name: getattr(schedule, field.name) for field in fields(ScheduleDraft)})
