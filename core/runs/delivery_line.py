"""The line of a run's deliveries: a wake-up sends the one it speaks of, then others that nobody has begun.

Thousands of one run take turns with everybody else's: who had a share stands behind those who had none.
"""

import logging
import threading
from uuid import UUID

from core.db import delivery_repository
from core.db.database import Database
from core.db.queue import DELIVERIES_PER_JOB, defer_delivery
from core.deliver.email_channel import MAIL_CONNECTIONS
from core.errors import DatabaseUnavailable, NotFound
from core.runs.delivering import Deliverer

logger = logging.getLogger(__name__)


class DeliveryLine:
    """Sends deliveries of one run one after another, over one connection where they are mails."""

    def __init__(self, database: Database, deliverer: Deliverer) -> None:
        self._database = database
        self._deliverer = deliverer
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Begin no more deliveries; those under way go on."""
        self._stopping.set()

    def take(self, woken_for: UUID) -> None:
        """Send the delivery woken for if its time has come, then others of its run."""
        try:
            self._take(woken_for)
        except DatabaseUnavailable:
            logger.warning("deliveries_left_to_recovery delivery=%s", woken_for)

    def _take(self, woken_for: UUID) -> None:
        found = self._find(woken_for)
        if found is None:  # the transaction that was to make it never committed
            return
        organization_id, run_id = found
        with MAIL_CONNECTIONS.keeping():
            self._deliverer.deliver(woken_for, organization_id)
            for _ in range(DELIVERIES_PER_JOB - 1):
                if self._stopping.is_set():
                    break
                if not self._deliverer.deliver_next(organization_id, run_id):
                    return
        go_on(self._database, organization_id, run_id, woken_for)

    def _find(self, delivery_id: UUID) -> tuple[UUID, UUID] | None:
        """Whose delivery it is, and of which run."""
        with self._database.installation() as session:
            organization_id = delivery_repository.organization_of_delivery(session, delivery_id)
        if organization_id is None:
            return None
        try:
            with self._database.organization(organization_id) as session:
                return organization_id, delivery_repository.load_outbox_row(session, delivery_id).run_id
        except NotFound:
            return None


def go_on(database: Database, organization_id: UUID, run_id: UUID, woken_for: UUID) -> None:
    """Stand in line again where a run has deliveries that nobody has begun, behind all that was asked for since.

    Under the name of the delivery that was woken for: several that go on with one run must not be taken for one.
    """
    with database.organization(organization_id) as session:
        if delivery_repository.next_pending(session, run_id) is not None:
            defer_delivery(session, woken_for)
