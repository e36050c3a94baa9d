"""Addressing: whom a run goes to once its people and groups are looked up, each address once, and who is left out."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.address import email_key
from core.db import delivery_repository, group_repository, run_repository
from core.db.run_repository import LedgerRun
from core.domain.delivery import DeliveryState
from core.domain.schedule import GROUP, USER, Recipient

_EMAIL = "email"
_SAID_AT_MOST = 3
#: What stands before the reason at a delivery that was left out.
NOT_SENT = "Not sent: "


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Somebody a schedule names who gets nothing, and why, as a sentence."""

    recipient: Recipient
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """Whom a run goes to."""

    recipients: tuple[Recipient, ...]
    left_out: tuple[LeftOut, ...] = ()
    said: tuple[str, ...] = ()  #: what is to be known of recipients that stand for nobody


def resolve(session: Session, organization_id: UUID, recipients: tuple[Recipient, ...]) -> Addressing:
    """Return whom recipients stand for at this moment; what was typed comes first and keeps its role."""
    if not any(one.channel in (USER, GROUP) for one in recipients):
        return Addressing(recipients=recipients)
    found = _Found(session, organization_id, recipients)
    return found.addressing()


def gone_since(session: Session, run: LedgerRun, address: str) -> str | None:
    """Return why somebody who was here when the run was addressed gets nothing now: they left. None: they may.

    Asked at each attempt, so it looks at this one address; one that was typed or put into a group as itself stays.
    """
    if not any(one.channel in (USER, GROUP) for one in run.recipients):
        return None
    key = email_key(address)
    if any(one.channel == _EMAIL and email_key(one.address) == key for one in run.recipients):
        return None
    person = group_repository.people_by_email(session, run.organization_id, (key,)).get(key)
    if person is None or person.is_here:
        return None
    if group_repository.names_address(session, _ids(run.recipients, GROUP), key):
        return None
    return _gone_words(person.name, person.email)


def leave_out(session: Session, run: LedgerRun, addressing: Addressing, *, at: datetime) -> None:
    """Write down who gets nothing and why, on the run and as deliveries."""
    for sentence in addressing.said:
        run_repository.add_event(session, run.organization_id, run.id, at=at, name="addressed", message=sentence)
    for one in addressing.left_out:
        made = delivery_repository.insert_deliveries(session, run.organization_id, run.id, (one.recipient,))
        for delivery_id in made:
            row = delivery_repository.load_outbox_row(session, delivery_id, lock=True)
            suppress(session, run, row, one.why, at=at)


def suppress(session: Session, run: LedgerRun, row: delivery_repository.OutboxRow, why: str, *, at: datetime) -> None:
    """End a delivery that is not to be sent, with the reason on it and on the run."""
    to = DeliveryState.SUPPRESSED
    run_repository.add_event(session, run.organization_id, run.id, at=at, name=str(to), message=why)
    delivery_repository.change_delivery(session, row, to=to, error_message=why, next_attempt_at=None)


def not_sent(sentence: str) -> str:
    """What stands at a delivery that was left out."""
    return f"{NOT_SENT}{sentence}"


def left_out_words(session: Session, run_id: UUID, *, served: int, left_out: int) -> str:
    """Say how many got it, how many were left out and why."""
    reasons = delivery_repository.suppressed_because(session, run_id, limit=_SAID_AT_MOST)
    said = "; ".join(reason.removeprefix(NOT_SENT).rstrip(".") for reason in reasons)
    more = left_out - len(reasons)
    rest = f"; and {more:,} more" if more > 0 else ""
    got = f"Delivered to {served:,} of {served + left_out:,} recipients." if served else "Delivered to nobody."
    return f"{got} {left_out:,} {'was' if left_out == 1 else 'were'} left out: {said}{rest}."


class _Found:
    """Collects addresses, each once."""

    def __init__(self, session: Session, organization_id: UUID, recipients: tuple[Recipient, ...]) -> None:
        self._recipients = recipients
        users, groups = (_ids(recipients, kind) for kind in (USER, GROUP))
        self._people = group_repository.find_people(session, organization_id, users)
        self._groups = group_repository.hold_groups(session, groups)
        self._members = group_repository.members_of(session, groups)
        self._taken: dict[str, Recipient] = {}
        self._left_out: dict[str, LeftOut] = {}
        self._said: list[str] = []

    def addressing(self) -> Addressing:
        """Return whom it comes to."""
        others = []
        for one in self._recipients:
            if one.channel == _EMAIL:
                self._take(one)
            elif one.channel not in (USER, GROUP):
                others.append(one)
        for kind, add in ((USER, self._add_person), (GROUP, self._add_group)):
            for one in self._recipients:
                if one.channel == kind:
                    add(one)
        return Addressing(
            recipients=(*self._taken.values(), *others),
            left_out=tuple(one for key, one in self._left_out.items() if key not in self._taken),
            said=tuple(self._said),
        )

    def _add_person(self, one: Recipient) -> None:
        person = self._people.get(UUID(one.address))
        if person is None:
            self._said.append("A person whom the schedule names is not known here any more and gets nothing.")
            return
        found = Recipient(channel=_EMAIL, address=person.email, role=one.role, name=person.name)
        self._take(found) if person.is_here else self._leave(found)

    def _add_group(self, one: Recipient) -> None:
        group_id = UUID(one.address)
        if group_id not in self._groups:
            self._said.append("A group that the schedule named when this run was made is deleted: it gets nothing.")
            return
        members = self._members.get(group_id, ())
        if not members:
            self._said.append(f'The group "{self._groups[group_id]}" has no members.')
        for member in members:
            found = Recipient(
                channel=_EMAIL, address=member.address, role=one.role, name=member.name, locale=member.locale
            )
            self._take(found) if member.is_here else self._leave(found)

    def _take(self, one: Recipient) -> None:
        """Take an address, or learn more of one that is taken."""
        before = self._taken.setdefault(email_key(one.address), one)
        if before is not one:
            more = replace(before, name=before.name or one.name, locale=before.locale or one.locale)
            self._taken[email_key(one.address)] = more

    def _leave(self, one: Recipient) -> None:
        self._left_out.setdefault(
            email_key(one.address), LeftOut(recipient=one, why=_gone_words(one.name, one.address))
        )


def _ids(recipients: Iterable[Recipient], kind: str) -> frozenset[UUID]:
    return frozenset(UUID(one.address) for one in recipients if one.channel == kind)


def _gone_words(name: str, address: str) -> str:
    return not_sent(f"{name} ({address}) is not an active member of the organization any more.")
