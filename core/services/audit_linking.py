"""Links what was recorded into the chains, in the daemon, and ships each event to the log as it gets its link."""

import logging

from core.db import audit_linking
from core.db.audit_linking import Linked
from core.db.database import Database

logger = logging.getLogger(__name__)

#: Events to a transaction.
_AT_ONCE = 1_000


class AuditLinker:
    """Lengthens the chains. Several at once take turns, chain by chain."""

    def __init__(self, database: Database, *, key: str) -> None:
        """`key` seals the ends of the chains."""
        self._database = database
        self._key = key

    def link(self) -> int:
        """Link all that waits; returns how many events that were."""
        with self._database.installation() as session:
            waiting = audit_linking.organizations_waiting(session)
        count = 0
        for organization_id in waiting:
            while True:
                with self._database.organization(organization_id) as session:
                    linked = audit_linking.link_some(session, organization_id, key=self._key, most=_AT_ONCE)
                    # Before the commit: the log may tell of an event twice, and never not at all.
                    for one in linked:
                        _ship(one)
                count += len(linked)
                if len(linked) < _AT_ONCE:
                    break
        return count


def _ship(linked: Linked) -> None:
    """Names and addresses stay in the database, where they can be erased."""
    event, link = linked.event, linked.link
    logger.info(
        "audit organization=%s position=%s sha256=%s audit_event=%s done_at=%s action=%s actor=%s kind=%s object=%s",
        event.organization_id,
        link.position,
        link.sha256,
        event.id,
        event.at.isoformat(),
        event.action,
        event.actor_id,
        event.kind,
        event.object_id,
    )
