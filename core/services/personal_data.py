"""Personal data: who received which, everything about a person, erasing somebody, how long files are kept."""

import csv
import io
import json
import logging
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from core.access.policy import require
from core.address import email_key, erased_key, parse_email
from core.artifacts.store import ArtifactStore
from core.catalog.usage import names_used
from core.clock import Clock
from core.db import (
    audit_erasing,
    audit_repository,
    dataset_repository,
    group_repository,
    personal_data_repository,
    report_repository,
    suppression_repository,
)
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.audit import AuditEvent
from core.domain.dashboard_json import parse_question
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.definition_json import parse_definition
from core.domain.page import Page
from core.domain.personal_data import Erased, PersonalFilter, PersonalLine
from core.domain.suppression import SuppressionReason
from core.domain.text import check_text
from core.errors import ArtifactError, Conflict, InvalidInput, NotFound
from core.runs.file_removal import remove_file

logger = logging.getLogger(__name__)

ANY_DELIVERY = PersonalFilter()
MAX_DAYS = 3650
_MAX_SEARCH = 200
_COLUMNS = ("at", "recipient", "channel", "report", "state", "personal fields", "run", "delivery")
#: A spreadsheet would take what begins with these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataset:
    """A dataset with fields that are marked personal, or with days of its own."""

    dataset: Dataset
    fields: tuple[str, ...]  #: labels of those that are marked
    files_days: int | None


class PersonalDataService:
    """What those who manage policies do about personal data."""

    def __init__(self, database: Database, clock: Clock, *, stores: Mapping[str, ArtifactStore]) -> None:
        self._database = database
        self._clock = clock
        self._stores = stores

    def datasets(self, principal: Principal) -> tuple[PersonalDataset, ...]:
        """Return the datasets that hold personal data, and those whose files have days of their own."""
        require(principal, Permission.MANAGE_POLICIES)
        with self._database.organization(principal.organization_id) as session:
            known, days = dataset_repository.list_datasets(session), personal_data_repository.files_days(session)
        found = (
            PersonalDataset(
                dataset=one,
                fields=tuple(field.label for field in one.fields if field.is_personal),
                files_days=days.get(one.id),
            )
            for one in known
        )
        return tuple(one for one in found if one.fields or one.files_days is not None)

    def keep_files(self, principal: Principal, dataset_id: UUID, days: int | None) -> None:
        """Delete files with rows of a dataset after so many days; None: when the installation deletes files."""
        require(principal, Permission.MANAGE_POLICIES)
        if days is not None and not 1 <= days <= MAX_DAYS:
            raise InvalidInput(f"Files are kept for 1 to {MAX_DAYS:,} days.", place="days")
        with self._database.organization(principal.organization_id) as session:
            dataset = dataset_repository.load_one_dataset(session, dataset_id, lock=True)
            before = personal_data_repository.files_days(session).get(dataset_id)
            personal_data_repository.set_files_days(session, dataset_id, days)
            event = AuditEvent(
                actor_id=principal.user_id,
                actor=principal.email,
                action="personal_data.days_changed",
                kind="personal_data",
                object_id=dataset_id,
                object_name=dataset.label,
                before={"files_days": before},
                after={"files_days": days},
            )
            audit_repository.record(session, principal.organization_id, event, at=self._clock.now())

    def received(
        self, principal: Principal, wanted: PersonalFilter = ANY_DELIVERY, *, page: int = 1, limit: int | None = 50
    ) -> Page[PersonalLine]:
        """Return which deliveries took personal data to whom, going by what is marked now; None: all of them."""
        require(principal, Permission.MANAGE_POLICIES)
        check_text(wanted.search, place="search", max_length=_MAX_SEARCH)
        with self._database.organization(principal.organization_id) as session:
            asked = personal_data_repository.questions_asked(session, wanted)
            held = {sha256: self._held(session, question, wanted.dataset_id) for sha256, question in asked.items()}
            fields = {sha256: labels for sha256, labels in held.items() if labels}
            return personal_data_repository.list_deliveries(session, wanted, fields, page=page, limit=limit)

    def received_csv(self, principal: Principal, wanted: PersonalFilter = ANY_DELIVERY) -> bytes:
        """Return the same as CSV, all of it."""
        lines = self.received(principal, wanted, limit=None).items
        with io.StringIO(newline="") as text:
            writer = csv.writer(text)
            writer.writerow(_COLUMNS)
            for line in lines:
                told = (line.at.isoformat(), line.address, line.channel, line.title, str(line.state))
                cells = (*told, "; ".join(line.fields), str(line.run_id), str(line.delivery_id))
                writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
            return text.getvalue().encode()

    def about(self, principal: Principal, who: str) -> bytes:
        """Return a ZIP with everything that is kept about whoever has an e-mail address, a JSON file for each kind."""
        require(principal, Permission.MANAGE_POLICIES)
        address = email_key(parse_email(who))
        with self._database.organization(principal.organization_id) as session:
            user_id = self._user(session, principal, address)
            found = personal_data_repository.about_person(session, user_id, address)
            if not any(found.values()):
                raise NotFound("Nothing is kept about this address.", place="who")
            event = AuditEvent.of(principal, "personal_data.exported", object_id=user_id, name=address)
            audit_repository.record(session, principal.organization_id, event, at=self._clock.now())
        return _zipped(found, address, at=self._clock.now().isoformat())

    def erase(self, principal: Principal, who: str, *, with_files: bool = False) -> Erased:
        """Erase whoever has an e-mail address: what went out stays in the ledger, to whom does not.

        They are never written to again. `with_files` deletes the files that went to them alone. An account goes with
        it once its owner has left. Raises Conflict.
        """
        require(principal, Permission.MANAGE_POLICIES)
        address, now = email_key(parse_email(who)), self._clock.now()
        pseudonym = f"erased-{uuid4().hex[:16]}"
        with self._database.organization(principal.organization_id) as session:
            user_id = self._user(session, principal, address)
            self._require_gone(session, principal, user_id)
            files = personal_data_repository.files_for(session, address) if with_files else ()
            removed = sum(self._remove(session, one) for one in files)
            schedules = tuple(name for name, _ in suppression_repository.remove_from_schedules(session, address))
            groups = group_repository.remove_from_groups(session, address)
            suppression_repository.suppress(
                session,
                principal.organization_id,
                address,
                reason=SuppressionReason.REMOVED,
                now=now,
                created_by=principal.user_id,
            )
            deliveries = personal_data_repository.erase_address(
                session, address, pseudonym=pseudonym, kept_as=erased_key(address)
            )
            account = user_id is not None and personal_data_repository.erase_account(
                session, user_id, email=f"{pseudonym}@erased.invalid"
            )
            events = audit_erasing.erase_person(
                session,
                principal.organization_id,
                person_id=user_id,
                addresses=[address],
                by=principal.user_id,
                at=now,
            )
            done = Erased(
                pseudonym=pseudonym,
                deliveries=deliveries,
                audit_events=events,
                schedules=schedules,
                groups=groups,
                files=removed,
                account=account,
            )
            event = AuditEvent.of(
                principal, "personal_data.erased", name=pseudonym, deliveries=deliveries, files=removed, account=account
            )
            audit_repository.record(session, principal.organization_id, event, at=now)
        logger.info("person_erased deliveries=%s files=%s", deliveries, removed)
        return done

    def _held(self, session: Session, question: Mapping[str, Any], dataset_id: UUID | None) -> tuple[str, ...]:
        """The personal fields that a question asks for, each with its dataset."""
        labels: dict[str, None] = {}
        for definition in _definitions(session, question):
            if dataset_id is not None and definition.dataset_id != dataset_id:
                continue
            try:
                dataset = dataset_repository.load_one_dataset(session, definition.dataset_id)
            except NotFound:
                continue
            used = names_used(definition, dataset)
            for field in dataset.fields:
                if field.is_personal and field.name in used:
                    labels[f"{dataset.label}: {field.label}"] = None
        return tuple(labels)

    def _user(self, session: Session, principal: Principal, address: str) -> UUID | None:
        """The account with an address that is, or was, a member here."""
        found = group_repository.people_by_email(session, principal.organization_id, [address])
        return next((person.user_id for person in found.values()), None)

    def _require_gone(self, session: Session, principal: Principal, user_id: UUID | None) -> None:
        if user_id is None:
            return
        person = group_repository.find_people(session, principal.organization_id, [user_id]).get(user_id)
        if person is not None and person.is_here:
            raise Conflict(
                f"{person.name} works here. Close their place under People first; then they can be erased.",
                place="who",
            )

    def _remove(self, session: Session, artifact_id: UUID) -> bool:
        try:
            return remove_file(session, self._stores, artifact_id, at=self._clock.now(), even_kept=True)
        except ArtifactError:
            logger.exception("file_not_removed artifact=%s", artifact_id)
            raise


def _definitions(session: Session, question: Mapping[str, Any]) -> list[ReportDefinition]:
    """What a run asks: of a dashboard, what its reports ask now."""
    asked = parse_question(question)
    if asked is None:
        return [parse_definition(dict(question))]
    found = []
    for report_id in asked.content.report_ids:
        try:
            found.append(report_repository.load_report(session, report_id).definition)
        except NotFound:
            continue
    return found


def _zipped(found: Mapping[str, object], address: str, *, at: str) -> bytes:
    with io.BytesIO() as content:
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("about.json", json.dumps({"address": address, "made_at": at}, indent=2))
            for name, rows in found.items():
                archive.writestr(f"{name}.json", json.dumps(rows, indent=2, ensure_ascii=False, default=str))
        return content.getvalue()
