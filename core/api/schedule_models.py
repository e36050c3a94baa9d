"""Schedules as the API takes and gives them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from core.api.burst_models import BurstIn, burst_in, burst_out
from core.api.file_choices import Options, PasswordIn, options_in, options_out
from core.api.inputs import Instant, Json, Object, Text
from core.api.models import In, iso
from core.domain.bursting import DATA
from core.domain.schedule import FireTime, Misfire, Recipient, Schedule, ScheduleDraft
from core.domain.terms import Terms, UnknownThen, dump_terms, parse_terms
from core.schedules.config_json import dump_config, parse_config
from core.services.next_runs import Covering


class RecipientIn(In):
    """An address and the channel that reaches it; of the type `data`, where in the data its recipients stand."""

    type: Text
    value: Text = Field("", max_length=1000)
    role: Literal["to", "cc", "bcc"] = "to"
    destination_id: UUID | None = None
    data: BurstIn | None = None

    def recipient(self) -> Recipient:
        """Return it as a domain value."""
        return Recipient(channel=self.type, address=self.value, role=self.role, destination_id=self.destination_id)


class ScheduleIn(PasswordIn, In):
    """A schedule to save. A `password` that is left out stays what it is; null takes it away."""

    name: Text
    description: Text = Field("", max_length=2000)
    report_id: UUID | None = None
    dashboard_id: UUID | None = None
    schedule_config: Object
    recipients: list[RecipientIn]
    formats: list[Text]
    file_options: Options = Field(default_factory=dict)
    report_parameters: Object = Field(default_factory=dict)
    email_subject: Text | None = Field(None, max_length=300)
    email_body: Text | None = Field(None, max_length=10_000)
    is_active: bool = True
    misfire: Misfire = Misfire.LATEST
    condition: Object | None = None
    freshness: Object | None = None
    hold: Object | None = None
    unknown: UnknownThen = UnknownThen.RESEND

    def draft(self) -> ScheduleDraft:
        """Return it as a domain value, without the password; raises InvalidInput."""
        return ScheduleDraft(
            name=self.name.strip(),
            description=self.description.strip(),
            report_id=self.report_id,
            dashboard_id=self.dashboard_id,
            config=parse_config(self.schedule_config),
            recipients=tuple(one.recipient() for one in self.recipients if one.type != DATA),
            burst=burst_in(self.recipients),
            formats=tuple(self.formats),
            report_parameters=self.report_parameters,
            file_options=options_in(self.file_options, "file_options"),
            email_subject=self.email_subject or None,
            email_body=self.email_body or None,
            misfire=self.misfire,
            terms=self._terms(),
            is_active=self.is_active,
        )

    def _terms(self) -> Terms:
        given = {"condition": self.condition, "freshness": self.freshness, "hold": self.hold}
        return parse_terms(
            {name: value for name, value in given.items() if value is not None} | {"unknown": self.unknown}
        )


class RunNowIn(In):
    """The moment that relative dates of a run resolve against; now, unless given."""

    as_of: Instant | None = None


class TestIn(In):
    """Whose message is sent to the caller, where the schedule's recipients stand in the data."""

    recipient: Text | None = Field(None, max_length=320)


class NextRunsIn(In):
    """A recurrence to say the next runs of."""

    schedule_config: Object
    count: Annotated[int, Field(ge=1, le=100)] = 5
    after: Instant | None = None
    report_id: UUID | None = None
    report_parameters: Object = Field(default_factory=dict)

    def covering(self) -> Covering | None:
        """Return the report whose windows are asked for."""
        if self.report_id is None:
            return None
        return Covering(report_id=self.report_id, parameters=self.report_parameters)


class PauseIn(In):
    """How long a schedule rests, and why; left out: until somebody resumes it."""

    until: Instant | None = None
    because: Text | None = Field(None, max_length=300)


def schedule_out(schedule: Schedule) -> Json:
    """Return a schedule's JSON."""
    return {
        "id": str(schedule.id),
        "name": schedule.name,
        "description": schedule.description,
        "report_id": None if schedule.report_id is None else str(schedule.report_id),
        "dashboard_id": None if schedule.dashboard_id is None else str(schedule.dashboard_id),
        "report_name": schedule.report_name,
        "owner": schedule.owner_name,
        "owner_id": str(schedule.owner_id),
        "schedule_config": dump_config(schedule.config),
        "recipients": [*burst_out(schedule.burst), *(_recipient_out(recipient) for recipient in schedule.recipients)],
        "formats": list(schedule.formats),
        "file_options": options_out(schedule.file_options),
        "has_password": schedule.file_options.sealed_password is not None,
        "report_parameters": dict(schedule.report_parameters),
        "email_subject": schedule.email_subject,
        "email_body": schedule.email_body,
        "is_active": schedule.is_active,
        "misfire": str(schedule.misfire),
        **terms_out(schedule.terms),
        "paused_until": iso(schedule.paused_until),
        "paused_because": schedule.paused_because,
        "owner_left_at": iso(schedule.owner_left_at),
        "failing_since": iso(schedule.failing_since),
        "next_run_at": iso(schedule.next_run_at),
        "last_run_at": iso(schedule.last_run_at),
        "last_status": schedule.last_status,
        "created_at": schedule.created_at.isoformat(),
        "updated_at": schedule.updated_at.isoformat(),
        "version": schedule.version,
    }


def _recipient_out(recipient: Recipient) -> Json:
    destination = None if recipient.destination_id is None else str(recipient.destination_id)
    return {
        "type": recipient.channel,
        "value": recipient.address,
        "role": recipient.role,
        "destination_id": destination,
    }


def terms_out(terms: Terms) -> Json:
    """Return the JSON of a schedule's terms, each named."""
    dumped = dump_terms(terms)
    names = ("condition", "freshness", "hold")
    return {**{name: dumped.get(name) for name in names}, "unknown": str(terms.unknown)}


def fire_time_out(slot: FireTime) -> Json:
    """Return the JSON of one slot."""
    shown: Json = {"utc": slot.at.isoformat(), "local": slot.local.isoformat()}
    if slot.note is not None:
        shown["note"] = slot.note
    if slot.window is not None:
        start, end = slot.window.starts_at.isoformat(), slot.window.ends_at.isoformat()
        shown["window"] = {"start": start, "end": end, "words": slot.window.words}
    return shown
