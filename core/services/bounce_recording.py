"""What a bounce does: it is recorded once; a hard one ends its delivery as bounced and the address gets no more."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import bounce_repository, delivery_repository, run_repository, suppression_repository
from core.db.database import Database
from core.domain.bounce import BounceEvent, BounceKind
from core.domain.delivery import DeliveryState
from core.domain.suppression import SuppressionReason

_REASONS = {BounceKind.HARD: SuppressionReason.BOUNCED, BounceKind.COMPLAINT: SuppressionReason.COMPLAINED}
_WORDS = {
    BounceKind.HARD: "the mail came back for good",
    BounceKind.SOFT: "the mail came back, or waits on its way",
    BounceKind.COMPLAINT: "the recipient called the mail spam",
}


class BounceBook:
    """Writes bounces down. Any number of processes may do so at the same time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def record(self, organization_id: UUID, provider: str, event: BounceEvent) -> bool:
        """Record a piece of news and do what follows from it; False where it is known already."""
        if not event.id or not event.address:
            return False
        with self._database.organization(organization_id) as session:
            bounce_id = bounce_repository.insert_bounce(session, organization_id, provider, event)
            if bounce_id is None:
                return False
            found = bounce_repository.find_delivery(session, event)
            address = event.address
            if found is not None:
                delivery_id, run_id, address = found
                bounce_repository.set_delivery(session, bounce_id, delivery_id)
                self._tell(session, organization_id, run_id, delivery_id, event)
            if event.kind.suppresses:
                suppression_repository.suppress(
                    session,
                    organization_id,
                    address,
                    reason=_REASONS[event.kind],
                    now=self._clock.now(),
                    note=event.reason,
                )
        return True

    def record_mail(self, event: BounceEvent) -> bool:
        """Record what a delivery-status mail says of one of our mails, whoever sent it; False where it is none.

        Anybody may write such a mail. Only who got ours knows its Message-ID, so it can speak of that one only.
        """
        if event.message_id is None:
            return False
        with self._database.installation() as session:
            organization_id = bounce_repository.organization_of_mail(session, event.message_id)
        if organization_id is None:
            return False
        self.record(organization_id, "mail", event)
        return True

    def _tell(
        self, session: Session, organization_id: UUID, run_id: UUID, delivery_id: UUID, event: BounceEvent
    ) -> None:
        """The run is locked before its delivery, as everywhere."""
        run_repository.load_ledger_run(session, run_id, lock=True)
        row = delivery_repository.load_outbox_row(session, delivery_id, lock=True)
        message = f"{row.whom}: {_WORDS[event.kind]}. {event.reason}".rstrip()
        if event.kind is BounceKind.HARD and row.state is DeliveryState.SENT:
            reason = f"It came back: {event.reason}" if event.reason else "It came back."
            delivery_repository.change_delivery(session, row, to=DeliveryState.BOUNCED, error_message=reason)
        name = "bounced" if event.kind is BounceKind.HARD else str(event.kind)
        run_repository.add_event(session, organization_id, run_id, at=self._clock.now(), name=name, message=message)
