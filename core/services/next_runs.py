"""The next slots of a recurrence: by the calendar it follows, with the window that each run covers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import calendar_repository, dataset_repository, report_repository
from core.domain.definition import ReportDefinition
from core.domain.filter import Condition, DateWindow, FilterGroup, Match, Operator
from core.domain.filter_off import applied
from core.domain.parameters import parse_parameters
from core.domain.schedule import CoveredWindow, FireTime, ScheduleConfig
from core.query.given_values import bind_given
from core.query.window_words import resolved_in_words
from core.query.windows import resolve_window
from core.schedules.recurrence import check_config, next_fire_times
from core.schedules.words import describe_config


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """The report that a schedule sends, with the values it is given, as JSON."""

    report_id: UUID
    parameters: Mapping[str, Any] = field(default_factory=dict)


def next_slots(session: Session, config: ScheduleConfig, *, after: datetime, count: int) -> tuple[FireTime, ...]:
    """Return the next slots strictly after `after`; raises InvalidSchedule where it would never fire."""
    calendar = calendar_repository.business_calendar(session, config)
    check_config(config, calendar)
    return next_fire_times(config, after=after, count=count, calendar=calendar)


def next_slot(session: Session, config: ScheduleConfig, *, after: datetime) -> datetime | None:
    """Return the instant of the next slot strictly after `after`; None where there is none any more."""
    calendar = calendar_repository.business_calendar(session, config)
    slots = next_fire_times(config, after=after, count=1, calendar=calendar)
    return slots[0].at if slots else None


def recurrence_words(session: Session, config: ScheduleConfig) -> str:
    """Return the recurrence in words, with the name of the organization's calendar that it follows."""
    calendar_id = config.calendar_id
    name = None if calendar_id is None else calendar_repository.calendar_name(session, calendar_id)
    return describe_config(config, calendar_name=name)


def with_windows(session: Session, slots: tuple[FireTime, ...], covering: Covering) -> tuple[FireTime, ...]:
    """Return the slots with what each run covers; as they are where the report asks for no span of dates.

    Raises NotFound for a report that is not there, InvalidInput for values that it does not take.
    """
    definition = report_repository.load_report(session, covering.report_id).definition
    if definition.parameters or covering.parameters:
        dataset = dataset_repository.load_one_dataset(session, definition.dataset_id)
        definition = bind_given(definition, dataset, parse_parameters(definition, covering.parameters))
    window = covered_window(definition)
    if window is None:
        return slots
    return tuple(replace(slot, window=_covered(window, slot.at, definition)) for slot in slots)


def covered_window(definition: ReportDefinition) -> DateWindow | None:
    """Return the span of dates that a report is about: its period, or else the first one that its filters ask for.

    A span among alternatives bounds nothing, and the opposite of one is no span.
    """
    if definition.period is not None:
        return definition.period.window
    return _window_among(applied(definition).filters)


def _window_among(group: FilterGroup) -> DateWindow | None:
    if group.match is Match.NONE or (group.match is Match.ANY and len(group.items) > 1):
        return None
    for item in group.items:
        if isinstance(item, Condition):
            window = item.window if item.operator is Operator.IN_WINDOW else None
        else:
            window = _window_among(item)
        if window is not None:
            return window
    return None


def _covered(window: DateWindow, at: datetime, definition: ReportDefinition) -> CoveredWindow:
    resolved = resolve_window(window, at, definition.timezone, definition.calendar)
    return CoveredWindow(
        starts_at=resolved.starts_at,
        ends_at=resolved.ends_at,
        words=resolved_in_words(window, at, definition.timezone, definition.calendar),
    )
