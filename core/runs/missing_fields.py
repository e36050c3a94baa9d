"""Fields that are gone from under reports: noted on each report that uses them, and its owner told once by mail."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from core.catalog.usage import names_used
from core.clock import Clock
from core.db import dataset_repository, notice_repository, usage_repository
from core.db.database import Database
from core.db.notice_repository import UntoldNotice
from core.deliver.channel import Channel
from core.deliver.notice_mail import NoticeLine, NoticeMail, and_others, compose_notice
from core.domain.catalog import Drift
from core.domain.dataset import Dataset
from core.errors import NotFound
from core.runs.notices import LEASE, Told, next_wait, send_notice
from core.runs.places import Places

logger = logging.getLogger(__name__)

_WHY = (
    "The source no longer has what these fields are made of, or they were taken out of the dataset. The reports stop "
    "with this message instead of leaving out a column or a filter. They go on by themselves once the fields are back; "
    "otherwise change the reports, or ask who looks after the dataset."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostFields:
    """A report and the labels of the fields it lost."""

    report_id: UUID
    report: str
    dataset: str
    fields: tuple[str, ...]


class MissingFields:
    """Notes what is missing and tells. Everything it needs is handed in; it connects to nothing by itself."""

    def __init__(
        self, database: Database, clock: Clock, *, channel: Channel, base_url: str, places: Places | None = None
    ) -> None:
        """`places`: knows the mail servers of organizations; without it all mail goes the installation's way."""
        self._database = database
        self._clock = clock
        self._places = places
        self._channel = channel
        self._base_url = base_url

    def found(self, organization_id: UUID, dataset_id: UUID, fields: Collection[str]) -> None:
        """Note on every report that uses one of the fields that it is gone; owners are told with the next `tell`."""
        with self._database.organization(organization_id) as session:
            try:
                dataset = dataset_repository.load_one_dataset(session, dataset_id)
            except NotFound:
                logger.info("missing_fields_dataset_gone dataset=%s", dataset_id)
                return
            note_missing(session, dataset, fields, at=self._clock.now())
            # What one run needs is not all: other reports on the dataset may have lost other fields.
            dataset_repository.check_soon(session, dataset_id)

    def tell(self) -> int:
        """Write one mail to each owner who has not been told yet; returns how many were sent."""
        now = self._clock.now()
        with self._database.installation() as session:
            organizations = notice_repository.organizations_to_tell(session, now)
        return sum(self._tell(organization_id) for organization_id in organizations)

    def _tell(self, organization_id: UUID) -> int:
        now = self._clock.now()
        with self._database.organization(organization_id) as session:
            claimed = notice_repository.claim_untold(session, now, again_at=now + LEASE)
            datasets = {
                dataset_id: dataset_repository.load_one_dataset(session, dataset_id)
                for dataset_id in {notice.dataset_id for notice in claimed}
            }
        sent = 0
        for _, of_owner in groupby(claimed, key=lambda notice: notice.owner_email):
            notices = tuple(of_owner)
            if notices[0].is_active:
                sent += self._write(organization_id, notices, tuple(_lost(notices, datasets)))
            else:
                self._put_off(organization_id, notices, Told.NEVER)
        return sent

    def _write(self, organization_id: UUID, notices: Sequence[UntoldNotice], lost: Sequence[LostFields]) -> bool:
        """Send one owner's mail; what became of it is recorded on each of its notices."""
        message = compose_notice(
            _mail(lost, organization=notices[0].organization, base_url=self._base_url),
            reference=_reference(organization_id, notices),
            made_at=max(notice.found_at for notice in notices),
        )
        place = self._places.find(organization_id, self._channel, None) if self._places else None
        told = send_notice(self._channel, message, notices[0].owner_email, place)
        if told is not Told.SENT:
            self._put_off(organization_id, notices, told)
            return False
        with self._database.organization(organization_id) as session:
            for notice in notices:
                notice_repository.mark_told(session, notice.report_id, notice.field, self._clock.now())
        return True

    def _put_off(self, organization_id: UUID, notices: Sequence[UntoldNotice], told: Told) -> None:
        with self._database.organization(organization_id) as session:
            for notice in notices:
                wait = next_wait(told, notice.attempt)
                again_at = None if wait is None else self._clock.now() + wait
                notice_repository.put_off(session, notice.report_id, notice.field, again_at)


def note_missing(session: Session, dataset: Dataset, fields: Collection[str], *, at: datetime) -> None:
    """Note on every report that uses one of the fields or measures that it is gone; what is known stays as it is."""
    lost = [
        (report.id, name)
        for report in usage_repository.reports_on(session, dataset.id)
        for name in sorted(names_used(report.definition, dataset) & set(fields))
    ]
    notice_repository.insert_notices(session, dataset.organization_id, lost, found_at=at)


def settle_drift(session: Session, dataset: Dataset, drift: Drift, *, at: datetime) -> None:
    """Note what a look at the source found missing, and forget what is there again."""
    known = {field.name for field in dataset.fields} | {measure.name for measure in dataset.measures}
    notice_repository.heal_dataset(session, dataset.id, known - set(drift.broken_fields))
    note_missing(session, dataset, drift.broken_fields, at=at)


def _lost(notices: Sequence[UntoldNotice], datasets: Mapping[UUID, Dataset]) -> Iterator[LostFields]:
    """What each report lost; its notices stand side by side."""
    for report_id, of_report in groupby(notices, key=lambda notice: notice.report_id):
        lost = tuple(of_report)
        dataset = datasets[lost[0].dataset_id]
        known = ((notice.field, dataset.field(notice.field)) for notice in lost)
        yield LostFields(
            report_id=report_id,
            report=lost[0].report,
            dataset=dataset.label,
            fields=tuple(name if field is None else field.label for name, field in known),
        )


def _mail(lost: Sequence[LostFields], *, organization: str, base_url: str) -> NoticeMail:
    return NoticeMail(
        subject=f"{and_others(lost[0].report, len(lost), 'report')}: a field is missing",
        title="A field is missing",
        lines=[
            NoticeLine(sentence=_sentence(one), link=f"{base_url}/?report={one.report_id}", link_text="Open the report")
            for one in lost
        ],
        why=_WHY,
        footer=f"You get this once, because you own the reports named above in {organization}.",
    )


def _sentence(one: LostFields) -> str:
    what = "a field that is" if len(one.fields) == 1 else "fields that are"
    return f"“{one.report}” uses {what} no longer in {one.dataset}: {', '.join(one.fields)}."


def _reference(organization_id: UUID, notices: Sequence[UntoldNotice]) -> str:
    """The same for the same news, so that a mail sent again after a crash can be told from a second one."""
    news = ";".join(f"{notice.report_id}:{notice.field}:{notice.found_at.isoformat()}" for notice in notices)
    return str(uuid5(organization_id, f"missing fields:{news}"))
