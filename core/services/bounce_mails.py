"""Delivery-status mails from the installation's folder and mailbox, read by a daemon now and then."""

import imaplib
import logging
import ssl

from core.clock import Clock
from core.db.database import Database
from core.deliver.bounces.mailbox import read_folder, read_imap
from core.deliver.bounces.status_mail import read_status_mail
from core.services.bounce_recording import BounceBook
from core.settings import Settings

logger = logging.getLogger(__name__)


class BounceMails:
    """Any number of daemons may read at the same time: each piece of news is taken once."""

    def __init__(
        self, database: Database, clock: Clock, settings: Settings, *, tls_context: ssl.SSLContext | None = None
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._tls_context = tls_context
        self._book = BounceBook(database, clock)

    def read(self) -> int:
        """Read what is new; returns how many delivery reports about our mails that were."""
        return self._from_folder() + self._from_mailbox()

    def _from_folder(self) -> int:
        folder = self._settings.bounce_folder
        if folder is None:
            return 0
        try:
            return read_folder(folder, self._take)
        except OSError as error:
            logger.warning("bounce_folder_not_read cause=%s", error.strerror)
            return 0

    def _from_mailbox(self) -> int:
        if not self._settings.bounce_imap_host:
            return 0
        try:
            return read_imap(self._settings, self._take, tls_context=self._tls_context)
        except (imaplib.IMAP4.error, OSError) as error:
            # The error's own text may hold the user's name.
            logger.warning("bounce_mailbox_not_read cause=%s", type(error).__name__)
            return 0

    def _take(self, content: bytes) -> bool:
        events = read_status_mail(content, arrived_at=self._clock.now())
        taken = [self._book.record_mail(event) for event in events]
        return any(taken)
