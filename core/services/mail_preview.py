"""A schedule's mail as it will arrive: composed, put on the wire and read back, but not sent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require
from core.address import email_key, parse_email, parse_sender
from core.artifacts.store import ArtifactStore
from core.clock import Clock
from core.db import (
    artifact_repository,
    branding_repository,
    dashboard_repository,
    member_repository,
    preview_reading,
    report_repository,
    run_repository,
    schedule_repository,
)
from core.db.database import Database
from core.deliver.mime import build_mime
from core.deliver.outbox import with_images
from core.deliver.templates import check_subject, check_template
from core.domain.access import Permission, Principal
from core.domain.delivery import MessageFile
from core.domain.schedule import Recipient, Schedule
from core.errors import ArtifactError, InvalidInput
from core.runs.addressing import resolve
from core.runs.mailing import MailInputs, compose, notes_of, shown_addressees
from core.runs.places import Places
from core.runs.result_record import ResultRecord, load_record, record_of
from core.runs.seeing import sees_as_much
from core.schedules.words import describe_config
from core.services.branding import sample_result
from core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDraft:
    """What is to be seen; what is None is the schedule's, or the usual."""

    report_id: UUID | None = None
    dashboard_id: UUID | None = None
    schedule_id: UUID | None = None
    name: str | None = None
    email_subject: str | None = None
    email_body: str | None = None
    recipient: str | None = None  #: None: the caller
    given: "MailData | None" = None  #: what it holds; None: what the newest run found


@dataclass(frozen=True, slots=True, kw_only=True)
class MailData:
    """What a mail to somebody whom the data names holds, and what the data says of them."""

    record: ResultRecord
    name: str
    locale: str
    facts: Mapping[str, str]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPreview:
    """A mail as its reader gets it. In `html` the images stand as data URIs."""

    sender: str
    to: str
    cc: str
    subject: str
    html: str
    text: str
    attachments: tuple[str, ...]  #: names of the files that go along
    data_of: datetime | None  #: the logical time of the run whose data is shown; None: a made-up sample


class MailPreviewService:
    """Shows mails before they are sent."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        *,
        places: Places,
        stores: Mapping[str, ArtifactStore],
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._places = places
        self._stores = stores

    def preview(self, principal: Principal, draft: MailDraft) -> MailPreview:
        """Return the mail with the newest data there is, or with a sample. Raises InvalidInput with the place."""
        require(principal, Permission.MANAGE_SCHEDULES)
        require(principal, Permission.MANAGE_EXPORTS)
        me = Recipient(channel="email", address=parse_email(draft.recipient or principal.email))
        with self._database.person(principal) as session:
            schedule = schedule_repository.load_schedule(session, draft.schedule_id) if draft.schedule_id else None
            inputs, data_of = self._inputs(session, principal, draft, schedule, me)
        mail = compose(inputs)
        place = self._places.mail_server(principal.organization_id)
        sender = parse_sender(place.text("sender") if place else self._settings.mail_from)
        content = build_mime(replace(mail, attachments=()), me.address, sender)
        return _read(content, tuple(file.file_name for file in mail.attachments), data_of)

    def _inputs(
        self, session: Session, principal: Principal, draft: MailDraft, schedule: Schedule | None, me: Recipient
    ) -> tuple[MailInputs, datetime | None]:
        asked = _subject(session, draft, schedule)
        subject, body = _texts(draft, schedule)
        known = _known(session, principal, schedule, me)
        inputs = MailInputs(
            run_id=asked.id,
            record=_sample(principal, asked.name),
            reference=f"preview:{asked.id}",
            recipient=me.address,
            recipient_name=known.name,
            recipient_locale=known.locale,
            addressees=shown_addressees(schedule.recipients if schedule else (), me),
            unsubscribe_url=f"{self._settings.base_url}/unsubscribe/preview",
            schedule=draft.name or (schedule.name if schedule else None),
            schedule_in_words=describe_config(schedule.config) if schedule else None,
            subject_template=subject,
            body_template=body,
            chart_png=None,
            attachments=(),
            notes=(),
            report_url=f"{self._settings.base_url}/{asked.path}={asked.id}",
            made_at=self._clock.now(),
            branding=branding_repository.load_branding(session),
        )
        if draft.given is not None:
            return _with_given(inputs, draft.given), self._clock.now()
        run_id = preview_reading.newest_result(session, asked.id, draft.schedule_id)
        if run_id is None or not sees_as_much(session, principal, run_repository.load_ledger_run(session, run_id)):
            return inputs, None
        return self._with_data(session, inputs, run_id)

    def _with_data(self, session: Session, inputs: MailInputs, run_id: UUID) -> tuple[MailInputs, datetime | None]:
        """The mail of a run that was made, its files named but not opened."""
        run = run_repository.load_ledger_run(session, run_id)
        artifacts = artifact_repository.list_artifacts(session, run_id)
        record = load_record(run.result_head or {})
        files = tuple(
            MessageFile.of(artifact.file_name, artifact.media_type, b"")
            for artifact in artifacts
            if artifact.size_bytes <= self._settings.mail_max_bytes
        )
        filled = replace(
            inputs,
            run_id=run_id,
            record=record,
            chart_png=self._picture(record, artifacts[0].store),
            attachments=files,
            notes=notes_of(record, artifacts),
            made_at=artifacts[0].created_at,
            is_locked=any(artifact.manifest.lock is not None for artifact in artifacts),
        )
        return filled, run.logical_at

    def _picture(self, record: ResultRecord, store: str) -> bytes | None:
        if record.picture_key is None or store not in self._stores:
            return None
        try:
            with self._stores[store].open(record.picture_key) as file:
                return file.read()
        except ArtifactError:
            return None  # retention removed it; the mail of a new run has its own


def _with_given(inputs: MailInputs, given: MailData) -> MailInputs:
    return replace(
        inputs,
        record=given.record,
        recipient_name=given.name or inputs.recipient_name,
        recipient_locale=given.locale,
        recipient_facts=given.facts,
        attachments=tuple(MessageFile.of(name, "application/octet-stream", b"") for name in given.files),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """The report or the dashboard that a mail is about."""

    id: UUID
    name: str
    path: str  #: where it is looked at, up to its id


def _subject(session: Session, draft: MailDraft, schedule: Schedule | None) -> _Subject:
    report_id = schedule.report_id if schedule else draft.report_id
    dashboard_id = schedule.dashboard_id if schedule else draft.dashboard_id
    if report_id is not None:
        name = report_repository.load_report(session, report_id).name
        return _Subject(id=report_id, name=name, path="?report")
    if dashboard_id is not None:
        name = dashboard_repository.load_dashboard(session, dashboard_id).name
        return _Subject(id=dashboard_id, name=name, path="dashboard?dashboard")
    raise InvalidInput("Name the report, the dashboard or the schedule whose mail is to be seen.", place="report_id")


def _texts(draft: MailDraft, schedule: Schedule | None) -> tuple[str | None, str | None]:
    """Subject and body to fill in, checked as they are when they are saved."""
    subject = draft.email_subject if draft.email_subject is not None else schedule and schedule.email_subject
    body = draft.email_body if draft.email_body is not None else schedule and schedule.email_body
    with_fields = draft.given is not None or (schedule is not None and schedule.burst is not None)
    return (
        check_subject(subject, "email_subject", with_fields=with_fields) if subject else None,
        check_template(body, "email_body", with_fields=with_fields) if body else None,
    )


def _known(session: Session, principal: Principal, schedule: Schedule | None, me: Recipient) -> Recipient:
    """The reader with the name and language that the schedule's groups give, else with the member's name."""
    named = resolve(session, principal.organization_id, schedule.recipients).recipients if schedule else ()
    key = email_key(me.address)
    found = next((one for one in named if one.channel == "email" and email_key(one.address) == key), me)
    if found.name:
        return found
    member = member_repository.find_member(session, principal.organization_id, me.address)
    return replace(found, name=member_repository.member_name(session, member) if member else "")


def _sample(principal: Principal, title: str) -> ResultRecord:
    result = sample_result(principal.organization)
    head = replace(result.head, title=title, owner=principal.name)
    return record_of(replace(result, head=head), rows=head.rows_delivered)


def _read(content: bytes, attachments: tuple[str, ...], data_of: datetime | None) -> MailPreview:
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)  # noqa: S101 - what the default policy makes
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return MailPreview(
        sender=str(mail["From"] or ""),
        to=str(mail["To"] or ""),
        cc=str(mail["Cc"] or ""),
        subject=str(mail["Subject"] or ""),
        html=with_images(mail, _content(html)),
        text=_content(text),
        attachments=attachments,
        data_of=data_of,
    )


def _content(part: MIMEPart | None) -> str:
    """A part's text with the line ends of the screen, not of the wire."""
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")
