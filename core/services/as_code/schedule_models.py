"""The shape of a schedule's file: as the API has it, with everything it refers to by name."""

from typing import Any, Literal

from pydantic import Field, StrictBool

from core.domain.bursting import DATA, DEFAULT_CAP, MAX_CAP, MAX_PAIRS, Burst, NoRows, Pair
from core.domain.json_values import Name, Words
from core.domain.schedule import Misfire
from core.domain.terms import UnknownThen
from core.services.as_code.desk import Json
from core.services.as_code.kind import FileModel
from core.services.as_code.secret_names import Secret

_OPTIONAL = ("name", "locale", "timezone", "format")


class PairFile(FileModel):
    """Rows of the report are theirs whose `report_field` has the value of `recipient_field`."""

    recipient_field: Name
    report_field: Name


class BurstFile(FileModel):
    """Which fields of the recipients' dataset say what."""

    address: Name
    pairs: tuple[PairFile, ...] = Field(max_length=MAX_PAIRS)
    name: Name | None = None
    locale: Name | None = None
    timezone: Name | None = None
    format: Name | None = None
    no_rows: NoRows = NoRows.SKIP
    cap: int = Field(DEFAULT_CAP, ge=1, le=MAX_CAP)


class RecipientFile(FileModel):
    """Who gets it."""

    type: Name = Field(description=f"user, group, {DATA}, or a channel: email, s3, folder, sftp, slack, webhook.")
    value: Words = Field("", description="Their sign-in, the group's name, the dataset's, or the address.")
    role: Literal["to", "cc", "bcc"] = "to"
    destination: Name | None = Field(None, description="Where the channel delivers to; left out, the installation's.")
    data: BurstFile | None = Field(None, description=f"Where the recipients stand in the data; type {DATA} only.")


class OwnCalendar(FileModel):
    """A calendar that the organization keeps."""

    own: Name = Field(description="The calendar's name.")


class ScheduleFile(FileModel):
    """A schedule."""

    name: Name = Field(description="What it is called.")
    description: Words = Field("", description="What it is for.")
    report: Name | None = Field(None, description="The report it sends,")
    dashboard: Name | None = Field(None, description="or the dashboard.")
    is_active: StrictBool | None = Field(
        None, description="Whether it runs. Left out, it stays as it is; a new one is paused."
    )
    schedule_config: dict[str, Any] = Field(description="When it runs.")
    recipients: tuple[RecipientFile, ...] = Field(description="Who gets it.")
    formats: tuple[Name, ...] = Field(description="Files to make, as in csv or pdf; zip: a dashboard's rows.")
    file_options: dict[str, Any] = Field({}, description="How its files are made.")
    password: Secret | None = Field(
        None, description="Where the password of its files comes from. Left out, it stays; null takes it away."
    )
    report_parameters: dict[str, Any] = Field({}, description="Values that the report or the dashboard asks for.")
    email_subject: Words = ""
    email_body: Words = ""
    misfire: Misfire = Misfire.LATEST
    condition: dict[str, Any] | None = Field(None, description="What a run must find before anything is sent.")
    freshness: dict[str, Any] | None = Field(None, description="How young the data has to be.")
    hold: dict[str, Any] | None = Field(None, description="What is held for approval.")
    unknown: UnknownThen = UnknownThen.RESEND


def burst_data(burst: Burst) -> Json:
    """What a file says of recipients in the data."""
    data: Json = {"address": burst.address}
    data["pairs"] = [
        {"recipient_field": pair.recipient_field, "report_field": pair.report_field} for pair in burst.pairs
    ]
    data |= {name: getattr(burst, name) for name in _OPTIONAL if getattr(burst, name) is not None}
    if burst.no_rows is not NoRows.SKIP:
        data["no_rows"] = str(burst.no_rows)
    if burst.cap != DEFAULT_CAP:
        data["cap"] = burst.cap
    return data


def burst_of(file: BurstFile, dataset_id: Any) -> Burst:
    """The burst that a file describes."""
    return Burst(
        dataset_id=dataset_id,
        address=file.address,
        pairs=tuple(Pair(recipient_field=one.recipient_field, report_field=one.report_field) for one in file.pairs),
        name=file.name,
        locale=file.locale,
        timezone=file.timezone,
        format=file.format,
        no_rows=file.no_rows,
        cap=file.cap,
    )
