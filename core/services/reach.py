"""Whom recipients reach at this moment, told before anything is sent: pasted lists, people and groups."""

from collections.abc import Sequence

from core.access.policy import require
from core.address import email_key
from core.clock import Clock
from core.db import recipient_policy_repository, suppression_repository
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.group import Reach
from core.domain.schedule import Recipient
from core.runs.addressing import NOT_SENT, resolve
from core.services.recipient_lines import RecipientLines, check_recipient_lines, with_refusals
from core.services.recipients import with_ids

_EMAIL = "email"


class ReachService:
    """Answers before it is saved and sent."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def lines(self, principal: Principal, text: str) -> RecipientLines:
        """Answer every entry of a pasted list, by form and by the organization's rule. Raises InvalidInput."""
        require(principal, Permission.MANAGE_SCHEDULES)
        found = check_recipient_lines(text)
        with self._database.organization(principal.organization_id) as session:
            addresses = found.addresses
            refused = recipient_policy_repository.refusals(session, principal.organization_id, addresses)
        return with_refusals(found, refused)

    def reach(self, principal: Principal, recipients: Sequence[Recipient]) -> Reach:
        """Return whom recipients would reach by mail now, and who would get nothing and why.

        What a person or group stands for may be another by the time it is sent. Raises InvalidInput with the place.
        """
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.organization(principal.organization_id) as session:
            known = with_ids(session, principal.organization_id, recipients)
            found = resolve(session, principal.organization_id, known)
            asked = tuple(one.address for one in found.recipients if one.channel == _EMAIL)
            refused = dict(recipient_policy_repository.refusals(session, principal.organization_id, asked))
            listed = suppression_repository.find_lasting(session, asked, now=self._clock.now())
        refused |= {address: listed[key] for address in asked if (key := email_key(address)) in listed}
        left_out = [*((one.recipient.address, one.why) for one in found.left_out), *refused.items()]
        return Reach(
            addresses=tuple(address for address in asked if address not in refused),
            left_out=tuple((address, why.removeprefix(NOT_SENT)) for address, why in left_out),
            said=found.said,
        )
