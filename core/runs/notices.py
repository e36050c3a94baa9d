"""Telling people news of their schedules and runs: one mail for news of one kind, and each piece of it once."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from enum import Enum, auto
from itertools import groupby
from uuid import UUID

from core.clock import Clock
from core.db import owner_notice_repository
from core.db.database import Database
from core.db.owner_notice_repository import UntoldNews
from core.deliver.channel import Channel
from core.deliver.notice_mail import compose_notice
from core.domain.delivery import Message
from core.domain.destination import Place
from core.domain.schedule import Recipient
from core.errors import BroadsheetError, DatabaseUnavailable, DeliveryUnknown
from core.runs.notice_words import mail_of
from core.runs.places import Places

logger = logging.getLogger(__name__)

#: A mail that a process died over goes out once more after this, under the same Message-ID.
LEASE = timedelta(minutes=15)
#: Waits before a mail that was put off is tried again; after the last one nobody tries any more.
WAITS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))


class Told(Enum):
    """What became of a mail."""

    SENT = auto()
    LATER = auto()  #: the other side said not now
    NEVER = auto()  #: it never will


class OwnerNotices:
    """Sends what was noted. Any number of daemons may do so at the same time."""

    def __init__(
        self, database: Database, clock: Clock, *, channel: Channel, base_url: str, places: Places | None = None
    ) -> None:
        """`places`: knows the mail servers of organizations; without it all mail goes the installation's way."""
        self._database = database
        self._clock = clock
        self._places = places
        self._channel = channel
        self._base_url = base_url

    def tell(self, organization_id: UUID) -> int:
        """Write the mails of an organization that are due; returns how many were sent."""
        now = self._clock.now()
        with self._database.organization(organization_id) as session:
            claimed = owner_notice_repository.claim_news(session, now, again_at=now + LEASE)
        return sum(
            self._write(organization_id, mail_id, tuple(news))
            for mail_id, news in groupby(claimed, key=lambda one: one.mail_id)
        )

    def _write(self, organization_id: UUID, mail_id: UUID, news: Sequence[UntoldNews]) -> bool:
        """Send one mail; what became of it is recorded on all that it says."""
        current = [one for one in news if not one.is_moot]
        told = Told.NEVER
        if current:
            message = compose_notice(
                mail_of(current, base_url=self._base_url),
                reference=str(mail_id),
                made_at=max(one.found_at for one in news),
            )
            place = self._places.find(organization_id, self._channel, None) if self._places else None
            told = send_notice(self._channel, message, current[0].email, place)
        with self._database.organization(organization_id) as session:
            if told is Told.SENT:
                owner_notice_repository.mark_told(session, mail_id, self._clock.now())
            else:
                wait = next_wait(told, max(one.attempt for one in news))
                again_at = None if wait is None else self._clock.now() + wait
                owner_notice_repository.put_off(session, mail_id, again_at)
        return told is Told.SENT


def send_notice(channel: Channel, message: Message, address: str, place: Place | None = None) -> Told:
    """Hand a mail over once. A database that is away is raised: the lease brings the mail back."""
    try:
        channel.send(message, Recipient(channel=channel.key, address=address), place)
    except DatabaseUnavailable:
        raise
    except BroadsheetError as error:
        logger.warning("notice_not_sent reference=%s code=%s", message.reference, error.code)
        # What may have arrived goes out once more: its Message-ID tells the copies for one.
        return Told.LATER if error.retryable or isinstance(error, DeliveryUnknown) else Told.NEVER
    return Told.SENT


def next_wait(told: Told, attempt: int) -> timedelta | None:
    """Return how long a mail waits after its `attempt`-th attempt (from 1); None: nobody tries any more."""
    return None if told is Told.NEVER or attempt > len(WAITS) else WAITS[attempt - 1]
