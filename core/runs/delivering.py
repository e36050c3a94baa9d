"""Delivering: one run's files to one recipient. The claim is committed before the network, the outcome after it."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.artifacts.store import ArtifactStore
from core.db import branding_repository, email_config_repository, member_repository, planning_repository
from core.db.database import Database
from core.db.delivery_repository import OutboxRow
from core.db.run_repository import LedgerRun
from core.db.together_writing import SentRow
from core.deliver.channel import Channel
from core.domain.artifact import Artifact
from core.domain.branding import Branding
from core.domain.delivery import Message, MessageFile
from core.domain.destination import Place
from core.domain.mail_server import EmailConfig
from core.domain.manifest_json import dump_manifest
from core.errors import (
    BroadsheetError,
    DatabaseUnavailable,
    DeliveryDeferred,
    DeliveryRefused,
    DeliveryUnknown,
    LeaseLost,
)
from core.logs import log_context
from core.runs import failpoints
from core.runs.burst_parcels import Contents, contents_of
from core.runs.dashboard_links import subject_url
from core.runs.file_links import FileLinks
from core.runs.ledger import UNEXPECTED
from core.runs.mailing import FILES_ONLY, MailInputs, compose, notes_of, shown_addressees
from core.runs.outbox import Outbox, reference_of
from core.runs.places import Places
from core.runs.result_record import load_record
from core.runs.sent_copies import SentCopies
from core.runs.unsubscribe_links import UnsubscribeLinks

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parcel:
    """What is to be sent, as the database knows it."""

    run: LedgerRun
    contents: Contents
    schedule: str | None = None
    config: dict[str, Any] | None = None  #: the schedule's recurrence as it is stored; None: no mail is made
    branding: Branding = Branding()
    recipient_name: str = ""
    unsubscribe_url: str | None = None
    mail_server: tuple[EmailConfig, str | None] | None = None  #: the organization's own


class Deliverer:
    """Sends deliveries. Everything it needs is handed in; it connects to nothing by itself."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        *,
        channels: Mapping[str, Channel],
        places: Places,
        links: FileLinks,
        copies: SentCopies,
        unsubscribe: UnsubscribeLinks,
        stores: Mapping[str, ArtifactStore],
        describe: Callable[[dict[str, Any]], str],
        base_url: str,
    ) -> None:
        """`describe` puts a stored recurrence into words."""
        self._database = database
        self._outbox = outbox
        self._channels = channels
        self._places = places
        self._links = links
        self._copies = copies
        self._unsubscribe = unsubscribe
        self._stores = stores
        self._describe = describe
        self._base_url = base_url

    def deliver(self, delivery_id: UUID, organization_id: UUID | None = None) -> None:
        """Claim the delivery and send it once; returns quietly where it is not to be sent now.

        `organization_id`: whose it is, if that is known.
        """
        claimed = self._outbox.claim_with(delivery_id, self._load, organization_id=organization_id)
        if claimed is not None:
            self._carry_out(*claimed)

    def deliver_next(self, organization_id: UUID, run_id: UUID) -> bool:
        """Claim a delivery of the run that nobody has begun and send it once; False where there is none."""
        claimed = self._outbox.claim_next(organization_id, run_id, self._load)
        if claimed is not None:
            self._carry_out(*claimed)
        return claimed is not None

    def _carry_out(self, row: OutboxRow, parcel: _Parcel) -> None:
        failpoints.reach(failpoints.SENDING)
        try:
            with log_context("delivery", run=row.run_id, delivery=row.id), self._outbox.hold(row):
                self._attempt(row, parcel)
        except LeaseLost:
            logger.warning("delivery_lease_lost delivery=%s token=%s", row.id, row.lease_token)
        except DatabaseUnavailable:
            logger.warning("delivery_left_to_recovery delivery=%s", row.id)

    def _attempt(self, row: OutboxRow, parcel: _Parcel) -> None:
        began = time.monotonic()
        try:
            channel, message, place = self._prepare(row, parcel)
            with self._copies.keeping(row, message) as kept:
                response = self._send(channel, kept, row, place)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - it becomes the state of the delivery
            self._failed(row, error, time.monotonic() - began)
        else:
            failpoints.reach(failpoints.ACCEPTED)
            reference = channel.reference(message, row.recipient, place)
            self._outbox.sent(row, response=response, reference=reference, took_s=time.monotonic() - began)
            failpoints.reach(failpoints.SETTLED)
            logger.info("delivery_sent delivery=%s channel=%s attempt=%s", row.id, row.channel, row.attempt)

    def hand_over(
        self, row: OutboxRow, run: LedgerRun, artifacts: tuple[Artifact, ...], *, schedule: str | None
    ) -> SentRow | None:
        """Send files to one recipient for a caller that records it; None: it failed, and that is recorded."""
        began, contents = time.monotonic(), Contents(record=run.result_head, artifacts=artifacts)
        try:
            channel, message, place = self._prepare(row, _Parcel(run=run, contents=contents, schedule=schedule))
            with self._copies.keeping_failed(row, message):
                response = self._send(channel, message, row, place)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - it becomes the state of the delivery
            self._failed(row, error, time.monotonic() - began)
            return None
        return SentRow(
            row=row,
            response=response,
            reference=channel.reference(message, row.recipient, place),
            copy=self._copies.copy_of_files(message),
            took_s=time.monotonic() - began,
        )

    def note_sent(self, sent: SentRow) -> None:
        """Record by itself what `hand_over` sent."""
        self._copies.put(sent.row, sent.copy)
        self._outbox.sent(sent.row, response=sent.response, reference=sent.reference, took_s=sent.took_s)

    def _failed(self, row: OutboxRow, error: Exception, took_s: float) -> None:
        if isinstance(error, DeliveryUnknown):
            self._outbox.unknown(row, took_s=took_s)
        elif isinstance(error, BroadsheetError):
            self._not_sent(row, error, took_s)
        else:
            # Before anything was handed over: `_send` knows better about what comes after.
            logger.error("delivery_broke delivery=%s", row.id, exc_info=error)
            self._outbox.refused(row, reason=UNEXPECTED, took_s=took_s)

    def _not_sent(self, row: OutboxRow, error: BroadsheetError, took_s: float) -> None:
        logger.warning("delivery_not_sent delivery=%s code=%s retryable=%s", row.id, error.code, error.retryable)
        if error.retryable:
            wait_s = error.retry_after_s if isinstance(error, DeliveryDeferred) else None
            self._outbox.deferred(row, reason=error.user_message, took_s=took_s, least_wait_s=wait_s)
        else:
            self._outbox.refused(row, reason=error.user_message, took_s=took_s)

    def _send(self, channel: Channel, message: Message, row: OutboxRow, place: Place | None) -> str:
        """Hand over once. A bug inside a channel may have come before or after the network: nobody knows."""
        try:
            return channel.send(message, row.recipient, place)
        except BroadsheetError:
            raise
        except Exception as error:
            logger.exception("channel_broke channel=%s delivery=%s", row.channel, row.id)
            raise DeliveryUnknown from error

    def _prepare(self, row: OutboxRow, parcel: _Parcel) -> tuple[Channel, Message, Place | None]:
        """Compose the message; what it is made of does not change between attempts."""
        channel = self._channels.get(row.channel)
        if channel is None:
            raise DeliveryRefused(f"There is no channel called {row.channel!r} here.")
        place = self._place(channel, row, parcel)
        run = parcel.run
        contents = parcel.contents
        if contents.record is None or not contents.artifacts:
            raise DeliveryRefused("The run has no files to send.")
        for artifact in contents.artifacts:
            if artifact.removed_in_words is not None:
                raise DeliveryRefused(artifact.removed_in_words)
        record = load_record(contents.record)
        reference = reference_of(row.run_id, row.channel, row.address, row.destination_id)
        files = [self._file(artifact) for artifact in contents.artifacts]
        linked = channel.linked(files)
        message = compose(
            MailInputs(
                run_id=row.run_id,
                record=record,
                reference=reference,
                recipient=contents.tested or row.address,
                recipient_name=row.recipient_name or parcel.recipient_name,
                recipient_locale=row.recipient_locale,
                recipient_facts=contents.facts,
                prefix=f"Test for {contents.tested}: " if contents.tested else "",
                addressees=shown_addressees(run.recipients, row.recipient),
                unsubscribe_url=parcel.unsubscribe_url,
                schedule=parcel.schedule,
                schedule_in_words=None if parcel.config is None else self._describe(parcel.config),
                subject_template=run.email_subject,
                body_template=run.email_body,
                chart_png=self._picture(record.picture_key, contents.artifacts[0].store),
                attachments=tuple(file for file in files if file not in linked),
                links=self._links.mint(row.organization_id, linked, reference=reference, created_by=run.requested_by),
                notes=notes_of(record, contents.artifacts),
                report_url=subject_url(run, self._base_url),
                made_at=contents.artifacts[0].created_at,
                branding=parcel.branding,
                is_mail=row.channel not in FILES_ONLY,
                is_locked=any(artifact.manifest.lock is not None for artifact in contents.artifacts),
            )
        )
        return channel, message, place

    def _load(self, session: Session, run: LedgerRun, row: OutboxRow) -> _Parcel:
        schedule = None
        if run.schedule_id is not None:
            schedule = planning_repository.schedule_name_and_config(session, run.schedule_id)
        parcel = _Parcel(
            run=run,
            contents=contents_of(session, run, row),
            schedule=None if schedule is None else schedule[0],
        )
        if row.channel in FILES_ONLY:
            return parcel
        member = member_repository.find_member(session, row.organization_id, row.address)
        return replace(
            parcel,
            branding=branding_repository.load_branding(session),
            recipient_name=member_repository.member_name(session, member) if member else "",
            config=None if schedule is None else schedule[1],
            **(self._load_mail(session, run, row) if row.channel == "email" else {}),
        )

    def _load_mail(self, session: Session, run: LedgerRun, row: OutboxRow) -> dict[str, Any]:
        return {
            "unsubscribe_url": self._unsubscribe.url(session, row.organization_id, row.address, run.schedule_id),
            "mail_server": email_config_repository.load_email_config(session),
        }

    def _place(self, channel: Channel, row: OutboxRow, parcel: _Parcel) -> Place | None:
        if row.channel == "email":
            return self._places.mail_place(row.organization_id, parcel.mail_server)
        return self._places.find(row.organization_id, channel, row.destination_id)

    def _file(self, artifact: Artifact) -> MessageFile:
        store = self._store(artifact.store)
        return MessageFile(
            file_name=artifact.file_name,
            media_type=artifact.media_type,
            size_bytes=artifact.size_bytes,
            sha256=artifact.sha256,
            open=lambda: store.open(artifact.storage_key),
            format=artifact.format,
            artifact_id=artifact.id,
            manifest=dump_manifest(artifact.manifest),
        )

    def _picture(self, key: str | None, store: str) -> bytes | None:
        if key is None:
            return None
        with self._store(store).open(key) as file:
            return file.read()

    def _store(self, name: str) -> ArtifactStore:
        store = self._stores.get(name)
        if store is None:
            raise DeliveryRefused(f"The files of this run are kept in {name!r}, which is not set up here.")
        return store
