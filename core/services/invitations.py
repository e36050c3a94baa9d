"""Invitations: asking addresses to join an organization, and what whoever follows such a link may do."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from core.access.password_rule import PasswordRule
from core.access.passwords import hash_password
from core.access.policy import require, require_holds
from core.address import parse_email
from core.clock import Clock
from core.db import access_repository, group_repository, invitation_repository, member_repository, role_repository
from core.db.audit_repository import record
from core.db.database import Database
from core.deliver.channel import Channel
from core.deliver.notice_mail import NoticeLine, NoticeMail, compose_notice
from core.domain.access import Permission, Principal, role_words
from core.domain.audit import AuditEvent
from core.domain.invitation import Asked, Invitation, Invited
from core.domain.text import check_text
from core.errors import Conflict, InvalidAddress, InvalidInput, NotAllowed, NotFound
from core.runs.notices import Told, send_notice
from core.runs.places import Places
from core.secrets import new_token, token_sha256
from core.services.members import grantable_role

VALID_FOR = timedelta(days=7)
MAX_AT_ONCE, MAX_OPEN, MAX_GROUPS, MAX_NAME_LENGTH = 50, 1000, 50, 200
_UNKNOWN = "This invitation was used, withdrawn or has expired. Ask whoever invited you for another one."
_HAS_ACCOUNT = "There is an account with this address. Sign in with it, then open the link again."


class InvitationService:
    """Everything about invitations. Links are good once, for a while, and as long as the inviter may invite."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        channel: Channel,
        places: Places,
        rule: PasswordRule,
        base_url: str,
        has_server: bool,
    ) -> None:
        """`has_server`: the installation has a mail server; otherwise an organization needs its own for mails."""
        self._database = database
        self._clock = clock
        self._channel = channel
        self._places = places
        self._rule = rule
        self._base_url = base_url
        self._has_server = has_server

    def list(self, principal: Principal) -> tuple[Invitation, ...]:
        """Return the invitations that nobody answered yet, the newest first."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            return invitation_repository.list_invitations(session)

    def invite(
        self, principal: Principal, addresses: Sequence[str], *, role: str, group_ids: Collection[UUID] = ()
    ) -> tuple[Invited, ...]:
        """Ask addresses to join in a role and groups: all of them or none. Who was asked is asked anew.

        Raises InvalidInput and InvalidAddress with the place, NotAllowed for a role that may more than the caller.
        """
        require(principal, Permission.MANAGE_MEMBERS)
        emails = _addresses(addresses)
        with self._database.organization(principal.organization_id) as session:
            member_repository.lock_members(session, principal.organization_id)
            wanted = grantable_role(session, principal, role)
            _check_groups(session, group_ids)
            if len(invitation_repository.list_invitations(session)) + len(emails) > MAX_OPEN:
                raise InvalidInput(f"There may be {MAX_OPEN:,} open invitations. Withdraw some first.")
            for n, email in enumerate(emails):
                _check_newcomer(session, principal, email, place=f"addresses[{n}]")
            asked = [
                self._put(session, principal, email=email, role_id=wanted.id, group_ids=group_ids) for email in emails
            ]
        return tuple(self._send(principal, invitation, secret) for invitation, secret in asked)

    def resend(self, principal: Principal, invitation_id: UUID) -> Invited:
        """Ask once more with a new link, which is good for as long as a first one; the link before ends."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            member_repository.lock_members(session, principal.organization_id)
            found = invitation_repository.load_invitation(session, invitation_id)
            role = grantable_role(session, principal, found.role)
            made = self._put(session, principal, email=found.email, role_id=role.id, group_ids=found.group_ids)
        return self._send(principal, *made)

    def withdraw(self, principal: Principal, invitation_id: UUID) -> None:
        """Take an invitation back: its link does nothing from now on. Raises NotFound."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            found = invitation_repository.load_invitation(session, invitation_id)
            invitation_repository.remove_invitation(session, invitation_id)
            event = AuditEvent.of(principal, "invitation.withdrawn", object_id=invitation_id, name=found.email)
            record(session, principal.organization_id, event, at=self._clock.now())

    def look(self, secret: str) -> Asked:
        """Return what a link asks; nobody signs in for this. Raises NotFound."""
        organization_id = self._organization(secret)
        with self._database.organization(organization_id) as session:
            found, inviter = self._good(session, organization_id, secret)
            return Asked(
                organization_id=organization_id,
                organization=inviter.organization,
                email=found.email,
                role=found.role,
                inviter=inviter.name,
                has_account=access_repository.find_credentials(session, found.email) is not None,
            )

    def accept(self, secret: str, *, name: str, password: str) -> Asked:
        """Make the account of who was invited, and its place in the organization: both or neither.

        Raises NotFound for a link that is good no more, InvalidInput with the place, Conflict for a known address.
        """
        asked = self.look(secret)
        if asked.has_account:
            raise Conflict(_HAS_ACCOUNT)
        name = name.strip()
        if not name:
            raise InvalidInput("Tell your name.", place="name")
        check_text(name, place="name", max_length=MAX_NAME_LENGTH, one_line=True)
        self._rule.check(password, about=(asked.email, name, asked.organization))
        hashed, now = hash_password(password), self._clock.now()
        with self._database.organization(asked.organization_id) as session:
            found, _ = self._good(session, asked.organization_id, secret, lock=True)
            user_id = invitation_repository.create_account(
                session, token_sha256(secret), name=name, password_hash=hashed, now=now
            )
            if user_id is None:
                raise Conflict(_HAS_ACCOUNT)
            self._join(session, asked.organization_id, found, user_id)
        return asked

    def join(self, secret: str, user_id: UUID) -> Asked:
        """Let the person who signed in take the invitation for their own address; raises NotFound, NotAllowed."""
        asked = self.look(secret)
        with self._database.organization(asked.organization_id) as session:
            found, _ = self._good(session, asked.organization_id, secret, lock=True)
            account = access_repository.find_credentials(session, found.email)
            if account is None or account.user_id != user_id:
                raise NotAllowed(f"This invitation is for {found.email}. Sign in with that address to take it.")
            self._join(session, asked.organization_id, found, user_id)
        return asked

    def _organization(self, secret: str) -> UUID:
        with self._database.installation() as session:
            found = invitation_repository.organization_of_invitation(session, token_sha256(secret))
        if found is None:
            raise NotFound(_UNKNOWN)
        return found

    def _good(
        self, session: Session, organization_id: UUID, secret: str, *, lock: bool = False
    ) -> tuple[Invitation, Principal]:
        """The invitation and who invited; raises NotFound also where they may not give that role any more."""
        found = invitation_repository.find_by_link(session, token_sha256(secret), now=self._clock.now(), lock=lock)
        if found is None:
            raise NotFound(_UNKNOWN)
        inviter = member_repository.member_principal(session, organization_id, found.invited_by)
        role = role_repository.find_role(session, found.role)
        if inviter is None or role is None or not inviter.may(Permission.MANAGE_MEMBERS):
            raise NotFound(_UNKNOWN)
        try:
            require_holds(inviter, role.permissions)
        except NotAllowed as error:
            raise NotFound(_UNKNOWN) from error
        return found, inviter

    def _join(self, session: Session, organization_id: UUID, found: Invitation, user_id: UUID) -> None:
        if member_repository.has_left(session, organization_id, user_id):
            member_repository.come_back(session, organization_id, user_id, role=found.role)
        elif not member_repository.is_here(session, organization_id, user_id):
            invitation_repository.join(session, organization_id, user_id, role=found.role)
        invitation_repository.join_groups(session, organization_id, user_id, found.group_ids)
        invitation_repository.remove_invitation(session, found.id)
        event = AuditEvent(
            actor_id=user_id,
            actor=found.email,
            action="invitation.accepted",
            kind="person",
            object_id=user_id,
            object_name=found.email,
            after={"role": found.role, "invited_by": found.inviter},
        )
        record(session, organization_id, event, at=self._clock.now())

    def _put(
        self, session: Session, principal: Principal, *, email: str, role_id: UUID, group_ids: Collection[UUID]
    ) -> tuple[Invitation, str]:
        """Save an invitation; returns it with the secret of its link."""
        secret, now = new_token(), self._clock.now()
        invitation_id = invitation_repository.put_invitation(
            session,
            organization_id=principal.organization_id,
            email=email,
            role_id=role_id,
            group_ids=list(dict.fromkeys(group_ids)),
            token_sha256=token_sha256(secret),
            invited_by=principal.user_id,
            invited_at=now,
            expires_at=now + VALID_FOR,
        )
        made = invitation_repository.load_invitation(session, invitation_id)
        event = AuditEvent.of(principal, "person.invited", object_id=invitation_id, name=email, role=made.role)
        record(session, principal.organization_id, event, at=now)
        return made, secret

    def _send(self, principal: Principal, invitation: Invitation, secret: str) -> Invited:
        """Mail the link; where that cannot be, the caller gets it to hand over. Nothing holds a lock meanwhile."""
        link = f"{self._base_url}/invitation/{secret}"
        place = self._places.find(principal.organization_id, self._channel, None)
        if place is None and not self._has_server:
            return Invited(invitation=invitation, link=link)
        now = self._clock.now()
        mail = compose_notice(_mail(principal, invitation, link), reference=f"invitation:{uuid4()}", made_at=now)
        if send_notice(self._channel, mail, invitation.email, place) is not Told.SENT:
            return Invited(invitation=invitation, link=link)
        with self._database.organization(principal.organization_id) as session:
            invitation_repository.mark_mailed(session, invitation.id, now)
        return Invited(invitation=invitation, link=None)


def _addresses(given: Sequence[str]) -> list[str]:
    """The addresses in lower case, each once; raises InvalidAddress with the place."""
    found: dict[str, None] = {}
    for n, text in enumerate(given):
        try:
            found[parse_email(text).lower()] = None
        except InvalidAddress as error:
            raise InvalidAddress(error.user_message, place=f"addresses[{n}]") from error
    if not found:
        raise InvalidInput("Name at least one address.", place="addresses")
    if len(found) > MAX_AT_ONCE:
        raise InvalidInput(f"Invite up to {MAX_AT_ONCE} addresses at once.", place="addresses")
    return list(found)


def _check_groups(session: Session, group_ids: Collection[UUID]) -> None:
    wanted = set(group_ids)
    if len(wanted) > MAX_GROUPS:
        raise InvalidInput(f"Name up to {MAX_GROUPS} groups.", place="groups")
    if len(group_repository.find_groups(session, wanted)) < len(wanted):
        raise InvalidInput("One of the groups does not exist in your organization.", place="groups")


def _check_newcomer(session: Session, principal: Principal, email: str, *, place: str) -> None:
    user_id = member_repository.find_member(session, principal.organization_id, email)
    if user_id is None:
        return
    member = member_repository.load_member(session, principal.organization_id, user_id)
    if member.deactivated_at is not None:
        raise InvalidInput(f"{email} is deactivated here. Reactivate them instead.", place=place)
    if member.left_at is None:
        raise InvalidInput(f"{email} belongs to your organization already.", place=place)


def _mail(principal: Principal, invitation: Invitation, link: str) -> NoticeMail:
    sentence = (
        f"{principal.name} invites you to {principal.organization} on Broadsheet, as {role_words(invitation.role)}. "
        "Reports are made and sent there."
    )
    return NoticeMail(
        subject=f"{principal.name} invites you to {principal.organization}",
        title=f"Join {principal.organization}",
        lines=(NoticeLine(sentence=sentence, link=link, link_text=f"Join {principal.organization}"),),
        why=f"The link works once, until {_day(invitation.expires_at)}. Do not pass it on: it is meant for you.",
        footer=f"You get this because {principal.email} named your address. If you do not expect it, do nothing.",
    )


def _day(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b %Y}"
