"""Asking outside addresses whether they want reports: a mail with a link, a page, and a yes that counts."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from core.access.policy import require
from core.address import parse_email
from core.clock import Clock
from core.db import recipient_policy_repository
from core.db.audit_repository import note, record
from core.db.database import Database
from core.deliver.channel import Channel
from core.deliver.notice_mail import NoticeLine, NoticeMail, compose_notice
from core.domain.access import Permission, Principal
from core.domain.audit import AuditEvent
from core.domain.page import Page
from core.domain.recipient_policy import Verification, VerifiedAddress
from core.errors import Conflict, DeliveryDeferred, InvalidAddress, NotFound, TooManyRequests
from core.runs.notices import Told, send_notice
from core.runs.places import Places
from core.secrets import new_token, token_sha256

VALID_FOR = timedelta(days=7)
#: The same address is not asked more often, so that nobody is flooded with questions.
ASKED_AGAIN_AFTER = timedelta(minutes=5)
#: Of one organization, in a day.
MOST_A_DAY = 500
_UNKNOWN = "This link has expired or never was. Ask its sender for a new one."


class VerificationService:
    """The addresses that were asked, and what whoever follows the link of such a mail may do."""

    def __init__(self, database: Database, clock: Clock, *, channel: Channel, places: Places, base_url: str) -> None:
        """`channel` mails the questions."""
        self._database = database
        self._clock = clock
        self._channel = channel
        self._places = places
        self._base_url = base_url

    def list(
        self,
        principal: Principal,
        *,
        search: str = "",
        is_confirmed: bool | None = None,
        page: int = 1,
        limit: int = 50,
    ) -> Page[VerifiedAddress]:
        """Return the addresses that were asked, the newest first."""
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.organization(principal.organization_id) as session:
            return recipient_policy_repository.list_verified(
                session, search=search, is_confirmed=is_confirmed, page=page, limit=limit
            )

    def ask(self, principal: Principal, address: str) -> VerifiedAddress:
        """Mail the question to an address, or mail it again: the link before ends.

        Raises InvalidAddress, Conflict where it said yes already, TooManyRequests, DeliveryDeferred where the mail did
        not leave; the question can then be asked again at once.
        """
        require(principal, Permission.MANAGE_SCHEDULES)
        known, now, token = _address(address), self._clock.now(), new_token()
        with self._database.organization(principal.organization_id) as session:
            before = recipient_policy_repository.find_verified(session, known, lock=True)
            self._check_pace(before, now)
            if recipient_policy_repository.asked_since(session, now - timedelta(days=1)) >= MOST_A_DAY:
                raise TooManyRequests(retry_after_s=3600)
        mail = _question(principal, known, f"{self._base_url}/verify/{token}")
        message = compose_notice(mail, reference=f"verify:{uuid4()}", made_at=now)
        place = self._places.find(principal.organization_id, self._channel, None)
        if send_notice(self._channel, message, known, place) is not Told.SENT:
            raise DeliveryDeferred(f"The question could not be mailed to {known}. Look at the mail server, then again.")
        with self._database.organization(principal.organization_id) as session:
            recipient_policy_repository.put_question(
                session,
                principal.organization_id,
                known,
                token_sha256=token_sha256(token),
                asked_by=principal.user_id,
                now=now,
                expires_at=now + VALID_FOR,
            )
            asked = recipient_policy_repository.load_asked(session, known)
            note(session, principal, "verified_address.asked", object_id=asked.id, name=known)
            return asked

    def ask_again(self, principal: Principal, verified_id: UUID) -> VerifiedAddress:
        """Mail the question once more; raises what `ask` raises, and NotFound."""
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.organization(principal.organization_id) as session:
            found = recipient_policy_repository.load_verified(session, verified_id)
        return self.ask(principal, found.address)

    def remove(self, principal: Principal, verified_id: UUID) -> None:
        """Forget an address and its yes; raises NotFound."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            gone = recipient_policy_repository.load_verified(session, verified_id)
            recipient_policy_repository.remove_verified(session, verified_id)
            note(session, principal, "verified_address.removed", object_id=verified_id, name=gone.address)

    def look(self, token: str) -> Verification:
        """Return who is asked and by whom; nobody signs in for this. Raises NotFound."""
        sha256 = token_sha256(token)
        with self._database.installation() as session:
            organization_id = recipient_policy_repository.organization_of_verification(session, sha256)
        if organization_id is None:
            raise NotFound(_UNKNOWN)
        with self._database.organization(organization_id) as session:
            found = recipient_policy_repository.load_verification(session, sha256, now=self._clock.now())
        if found is None:
            raise NotFound(_UNKNOWN)
        return found

    def confirm(self, token: str) -> Verification:
        """Take the yes; the same again changes nothing. Raises NotFound."""
        asked = self.look(token)
        with self._database.organization(asked.organization_id) as session:
            recipient_policy_repository.confirm(session, token_sha256(token), now=self._clock.now())
            if not asked.is_confirmed:
                event = AuditEvent(
                    actor_id=None,
                    actor=asked.address,
                    action="verified_address.confirmed",
                    kind="verified_address",
                    object_id=None,
                    object_name=asked.address,
                )
                record(session, asked.organization_id, event, at=self._clock.now())
        return self.look(token)

    def _check_pace(self, before: VerifiedAddress | None, now: datetime) -> None:
        if before is None:
            return
        if before.is_confirmed:
            raise Conflict(f"{before.address} has confirmed already.")
        wait = before.asked_at + ASKED_AGAIN_AFTER - now
        if wait > timedelta(0):
            raise TooManyRequests(retry_after_s=max(1, round(wait.total_seconds())))


def _address(text: str) -> str:
    try:
        return parse_email(text).lower()
    except InvalidAddress as error:
        raise InvalidAddress(error.user_message, place="address") from error


def _question(principal: Principal, address: str, url: str) -> NoticeMail:
    sentence = f"{principal.name} wants to send reports of {principal.organization} to {address}."
    return NoticeMail(
        subject=f"Do you want reports of {principal.organization}?",
        title="Confirm your address",
        lines=(NoticeLine(sentence=sentence, link=url, link_text="Look at it and say yes"),),
        why=f"Nothing is sent until you say yes on that page. The link works for {VALID_FOR.days} days.",
        footer="If you do not know what this is about, do nothing: you will get no reports.",
    )
