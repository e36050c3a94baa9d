"""The schedule form's values: from a schedule into widgets, and from widgets into a draft; no drawing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any
from uuid import UUID

from core.domain.file_options import FileOptions
from core.domain.schedule import (
    BusinessDays,
    Cadence,
    Misfire,
    MonthDay,
    NthWeekday,
    Schedule,
    ScheduleConfig,
    ScheduleDraft,
)
from pages.widgets import burst_state as bursts
from pages.widgets import recipient_state as recipients
from pages.widgets import terms_state as terms

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NTH = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", 5: "Fifth", -1: "Last"}
BY_DAY, BY_WEEKDAY = "On a day", "On a weekday"
#: Whose days off count.
BY_WEEK, BY_COUNTRY, BY_OURS = "Monday to Friday", "A country's holidays", "A calendar of ours"


def fresh(name: str, email: str, timezone: str) -> dict[str, Any]:
    """Return the values a new schedule starts with: Mondays at nine, to oneself."""
    return {
        "name": name,
        "cadence": Cadence.WEEKLY,
        "timezone": timezone,
        "interval": 1,
        "days": [1],
        "month_by": BY_DAY,
        "month_day": 1,
        "nth": 1,
        "weekday": 1,
        "cron": "0 9 * * 1",
        **_times_in((time(9),)),
        **_days_in(ScheduleConfig(cadence=Cadence.DAILY, timezone=timezone)),
        **recipients.values_in(()),
        **bursts.values_in(None),
        "recipients": email,
        "formats": ["pdf", "xlsx"],
        "subject": "",
        "body": "",
        "misfire": Misfire.LATEST,
        "is_active": True,
        **terms.fresh(),
    }


def of_schedule(schedule: Schedule) -> dict[str, Any]:
    """Return the values of a saved schedule."""
    config = schedule.config
    nth = config.nth_weekday
    return fresh(schedule.name, "", config.timezone) | {
        "cadence": config.cadence,
        "interval": config.interval,
        "days": list(config.days_of_week) or [1],
        "month_by": BY_WEEKDAY if nth else BY_DAY,
        "month_day": config.day_of_month or 1,
        "nth": nth.n if nth else 1,
        "weekday": nth.weekday if nth else 1,
        "cron": config.cron_expression or "0 9 * * 1",
        **_times_in(config.times or (time(9),)),
        **_days_in(config),
        **recipients.values_in(schedule.recipients),
        **bursts.values_in(schedule.burst),
        "formats": list(schedule.formats),
        "subject": schedule.email_subject or "",
        "body": schedule.email_body or "",
        "misfire": schedule.misfire,
        "is_active": schedule.is_active,
        **terms.values_in(schedule.terms),
    }


def config_of(values: Mapping[str, Any]) -> ScheduleConfig:
    """Return the recurrence that the form describes."""
    cadence = Cadence(values["cadence"])
    common: dict[str, Any] = {
        "cadence": cadence,
        "timezone": values["timezone"],
        "starts_on": values["starts_on"],
        "ends_on": values["ends_on"],
        "business_days": BusinessDays(values["business_days"]),
        "quiet_dates": tuple(sorted(values["quiet_dates"])),
    }
    if cadence is Cadence.CRON:
        line = (values["cron"] or "").strip()
        return _with_calendar(ScheduleConfig(times=(), cron_expression=line, **common), values)
    by_day = values["month_by"] == BY_DAY
    monthly = cadence is Cadence.MONTHLY
    config = ScheduleConfig(
        times=times_of(values) or (time(9),),
        interval=int(values["interval"] or 1),
        days_of_week=tuple(sorted(values["days"])) if cadence is Cadence.WEEKLY else (),
        day_of_month=values["month_day"] if monthly and by_day else None,
        nth_weekday=NthWeekday(n=values["nth"], weekday=values["weekday"]) if monthly and not by_day else None,
        **common,
    )
    return _with_calendar(config, values)


def draft_of(
    values: Mapping[str, Any],
    report_id: UUID | None,
    description: str,
    report_parameters: Mapping[str, Any],
    file_options: FileOptions = FileOptions(),
    *,
    dashboard_id: UUID | None = None,
) -> ScheduleDraft:
    """Return what the form asks to be saved; raises InvalidInput for terms that cannot be."""
    return ScheduleDraft(
        name=values["name"] or "",
        report_id=report_id,
        dashboard_id=dashboard_id,
        config=config_of(values),
        recipients=() if bursts.is_data(values) else recipients.recipients_of(values),
        burst=bursts.burst_of(values),
        formats=tuple(values["formats"]),
        description=description,
        email_subject=(values["subject"] or "").strip() or None,
        email_body=(values["body"] or "").strip() or None,
        report_parameters=report_parameters,
        file_options=file_options,
        misfire=Misfire(values["misfire"]),
        terms=terms.terms_of(values),
        is_active=bool(values["is_active"]),
    )


def times_of(values: Mapping[str, Any]) -> tuple[time, ...]:
    """Return the times of day, each once, in order; a control that was emptied is none."""
    given = (values.get(f"time_{n}") for n in range(values["times"]))
    return tuple(sorted({moment for moment in given if moment is not None}))


def month_days() -> list[int | MonthDay]:
    """Return the days of a month on offer."""
    return [*range(1, 32), MonthDay.LAST, MonthDay.LAST_BUSINESS]


def month_day_label(day: int | MonthDay) -> str:
    """Return a day of the month in words."""
    if isinstance(day, MonthDay):
        return "Last day" if day is MonthDay.LAST else "Last business day"
    return f"Day {day}"


def asks_calendar(values: Mapping[str, Any]) -> bool:
    """Whether it matters which days are business days."""
    return config_of({**values, "days_by": BY_WEEK}).asks_calendar


def _with_calendar(config: ScheduleConfig, values: Mapping[str, Any]) -> ScheduleConfig:
    """The calendar counts only where days off do: what was chosen before stays in the form, not in the schedule."""
    if not config.asks_calendar or values["days_by"] == BY_WEEK:
        return config
    chosen = values["our_calendar"] if values["days_by"] == BY_OURS else values["part"] or values["country"]
    return replace(config, calendar=chosen)


def _times_in(times: tuple[time, ...]) -> dict[str, Any]:
    return {"times": len(times), **{f"time_{n}": moment for n, moment in enumerate(times)}}


def _days_in(config: ScheduleConfig) -> dict[str, Any]:
    ours = None if config.calendar_id is None else config.calendar
    code = config.calendar if ours is None else None
    quiet: list[date] = list(config.quiet_dates)
    return {
        "starts_on": config.starts_on,
        "ends_on": config.ends_on,
        "business_days": config.business_days,
        "days_by": BY_OURS if ours else BY_COUNTRY if code else BY_WEEK,
        "country": code.partition("-")[0] if code else None,
        "part": code if code and "-" in code else "",
        "our_calendar": ours,
        "quiet_dates": quiet,
        "quiet_add": None,
    }
