"""The schedule form's values: from a schedule into widgets, and from widgets into a draft; no drawing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from uuid import UUID

from core.domain.file_options import FileOptions
from core.domain.schedule import (
    Cadence,
    Misfire,
    MonthDay,
    NthWeekday,
    Recipient,
    Schedule,
    ScheduleConfig,
    ScheduleDraft,
)

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NTH = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", 5: "Fifth", -1: "Last"}
BY_DAY, BY_WEEKDAY = "On a day", "On a weekday"
_ROLES = ("cc", "bcc")
_EMAIL = "email"
_FIRST = (
    "name",
    "cadence",
    "time",
    "time_2",
    "timezone",
    "interval",
    "days",
    "month_by",
    "month_day",
    "nth",
    "weekday",
)
FIELDS = (
    *_FIRST,
    "cron",
    "starts_on",
    "ends_on",
    "recipients",
    "formats",
    "subject",
    "body",
    "misfire",
    "is_active",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the recipients' box and whom it names."""

    text: str
    recipient: Recipient

    @property
    def looks_right(self) -> bool:
        """Whether the line could be delivered to; the services decide when it is saved."""
        name, at, host = self.recipient.address.partition("@")
        return self.recipient.channel != _EMAIL or bool(name and at and "." in host.strip(".") and " " not in host)


def fresh(name: str, email: str, timezone: str) -> dict[str, Any]:
    """Return the values a new schedule starts with: Mondays at nine, to oneself."""
    return {
        "name": name,
        "cadence": Cadence.WEEKLY,
        "time": time(9),
        "time_2": None,
        "timezone": timezone,
        "interval": 1,
        "days": [1],
        "month_by": BY_DAY,
        "month_day": 1,
        "nth": 1,
        "weekday": 1,
        "cron": "0 9 * * 1",
        "starts_on": None,
        "ends_on": None,
        "recipients": email,
        "formats": ["pdf", "xlsx"],
        "subject": "",
        "body": "",
        "misfire": Misfire.LATEST,
        "is_active": True,
    }


def of_schedule(schedule: Schedule) -> dict[str, Any]:
    """Return the values of a saved schedule."""
    config = schedule.config
    nth = config.nth_weekday
    times = list(config.times)
    return fresh(schedule.name, "", config.timezone) | {
        "cadence": config.cadence,
        "time": times[0] if times else time(9),
        "time_2": times[1] if len(times) > 1 else None,
        "interval": config.interval,
        "days": list(config.days_of_week) or [1],
        "month_by": BY_WEEKDAY if nth else BY_DAY,
        "month_day": config.day_of_month or 1,
        "nth": nth.n if nth else 1,
        "weekday": nth.weekday if nth else 1,
        "cron": config.cron_expression or "0 9 * * 1",
        "starts_on": config.starts_on,
        "ends_on": config.ends_on,
        "recipients": "\n".join(line_of(recipient) for recipient in schedule.recipients),
        "formats": list(schedule.formats),
        "subject": schedule.email_subject or "",
        "body": schedule.email_body or "",
        "misfire": schedule.misfire,
        "is_active": schedule.is_active,
    }


def config_of(values: Mapping[str, Any], kept_times: tuple[time, ...] = ()) -> ScheduleConfig:
    """Return the recurrence that the form describes. `kept_times`: further times of day the form cannot show."""
    cadence = Cadence(values["cadence"])
    spans: dict[str, date | None] = {"starts_on": values["starts_on"], "ends_on": values["ends_on"]}
    zone = values["timezone"]
    if cadence is Cadence.CRON:
        return ScheduleConfig(
            cadence=cadence, timezone=zone, times=(), cron_expression=(values["cron"] or "").strip(), **spans
        )
    shown = tuple(item for item in (values["time"] or time(9), values["time_2"]) if item is not None)
    by_day = values["month_by"] == BY_DAY
    monthly = cadence is Cadence.MONTHLY
    return ScheduleConfig(
        cadence=cadence,
        timezone=zone,
        times=tuple(sorted({*shown, *kept_times})),
        interval=int(values["interval"] or 1),
        days_of_week=tuple(sorted(values["days"])) if cadence is Cadence.WEEKLY else (),
        day_of_month=values["month_day"] if monthly and by_day else None,
        nth_weekday=NthWeekday(n=values["nth"], weekday=values["weekday"]) if monthly and not by_day else None,
        **spans,
    )


def draft_of(
    values: Mapping[str, Any],
    report_id: UUID,
    kept_times: tuple[time, ...],
    description: str,
    report_parameters: Mapping[str, Any],
    file_options: FileOptions = FileOptions(),
) -> ScheduleDraft:
    """Return what the form asks to be saved."""
    return ScheduleDraft(
        name=values["name"] or "",
        report_id=report_id,
        config=config_of(values, kept_times),
        recipients=tuple(line.recipient for line in lines_of(values["recipients"] or "")),
        formats=tuple(values["formats"]),
        description=description,
        email_subject=(values["subject"] or "").strip() or None,
        email_body=(values["body"] or "").strip() or None,
        report_parameters=report_parameters,
        file_options=file_options,
        misfire=Misfire(values["misfire"]),
        is_active=bool(values["is_active"]),
    )


def lines_of(text: str) -> list[Line]:
    """Return the recipients of the box: an address a line, `cc:` or `bcc:` or a channel's name may stand before it."""
    found = []
    for raw in text.replace(",", "\n").replace(";", "\n").splitlines():
        line = raw.strip()
        if not line:
            continue
        head, colon, rest = line.partition(":")
        word = head.strip().lower()
        if colon and word in _ROLES:
            recipient = Recipient(channel=_EMAIL, address=rest.strip(), role=word)
        elif colon and word.isalnum() and not rest.startswith("//"):
            recipient = Recipient(channel=word, address=rest.strip())
        else:
            recipient = Recipient(channel=_EMAIL, address=line)
        found.append(Line(text=line, recipient=recipient))
    return found


def line_of(recipient: Recipient) -> str:
    """Return a recipient as a line of the box."""
    if recipient.channel != _EMAIL:
        return f"{recipient.channel}: {recipient.address}"
    return f"{recipient.role}: {recipient.address}" if recipient.role in _ROLES else recipient.address


def month_days() -> list[int | MonthDay]:
    """Return the days of a month on offer."""
    return [*range(1, 32), MonthDay.LAST, MonthDay.LAST_BUSINESS]


def month_day_label(day: int | MonthDay) -> str:
    """Return a day of the month in words."""
    return {MonthDay.LAST: "Last day", MonthDay.LAST_BUSINESS: "Last business day"}.get(day, f"Day {day}")  # type: ignore[call-overload,no-any-return]
