"""Passwords of one's own: changed with the old one, or set anew with a mailed link that is good once."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

from core.access.password_rule import PasswordRule
from core.access.passwords import hash_password
from core.access.policy import require
from core.clock import Clock
from core.db import access_repository, sign_in_repository
from core.db.access_repository import Credentials
from core.db.database import Database
from core.deliver.channel import Channel
from core.deliver.notice_mail import NoticeLine, NoticeMail, compose_notice
from core.domain.access import Permission, Principal
from core.domain.sign_in import Account, Visit
from core.domain.text import is_storable
from core.errors import BroadsheetError, DeliveryDeferred, InvalidInput, NotAllowed, NotFound
from core.runs.notices import Told, send_notice
from core.runs.places import Places
from core.secrets import new_token, token_sha256
from core.services.password_proof import PasswordProof
from core.services.second_factor import check_looks_after
from core.services.sessions import require_signed_in
from core.services.sign_in_events import tell

logger = logging.getLogger(__name__)

LINK_LASTS = timedelta(hours=1)
#: The same account is not mailed more often by those who forgot, so that nobody is flooded.
MAILED_AGAIN_AFTER = timedelta(minutes=5)
#: What everybody is told who asks for a link, whether there is such an account or not.
ASKED = "If there is an account with this address and a password, a mail with a link is on its way."
_UNKNOWN = "This link has expired, was used already, or never was. Ask for a new one on the sign-in page."


class PasswordService:
    """Changes passwords; whoever changes one ends every other session of that account."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        proof: PasswordProof,
        rule: PasswordRule,
        channel: Channel,
        places: Places,
        base_url: str,
    ) -> None:
        """`channel` mails the links."""
        self._database = database
        self._clock = clock
        self._proof = proof
        self._rule = rule
        self._channel = channel
        self._places = places
        self._base_url = base_url
        self._mailer = ThreadPoolExecutor(1, thread_name_prefix="reset-mail")

    def change(self, principal: Principal, *, old: str, new: str, session_token: str | None = None) -> None:
        """Change one's password; every session but that of `session_token` ends. Raises InvalidInput or NotAllowed."""
        require_signed_in(principal)
        self._rule.check(new, about=(principal.email, principal.name, principal.organization))
        if new == old:
            raise InvalidInput("This is the password you have.", place="password")
        self._proof.require(principal, old)
        keep, now = token_sha256(session_token) if session_token else None, self._clock.now()
        new_hash = hash_password(new)
        with self._database.installation() as session:
            sign_in_repository.set_password(session, principal.user_id, new_hash, keep=keep, now=now)
            tell(session, "password.changed", user_id=principal.user_id, email=principal.email, at=now)

    def forgot(self, email: str, visit: Visit) -> Future[None]:
        """Mail a link where there is such an account. The caller is answered at once, and the same in any case."""
        return self._mailer.submit(self._forgot, email.strip().lower(), visit)

    def send_link(self, principal: Principal, user_id: UUID) -> None:
        """Mail somebody a link, for an administrator. Raises NotAllowed, NotFound, DeliveryDeferred."""
        require_signed_in(principal)
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.installation() as session:
            theirs = access_repository.principals_of_user(session, user_id)
            check_looks_after(access_repository.principals_of_user(session, principal.user_id), theirs, principal)
        account = self._proof.account(user_id)
        if account.uses_sso:
            raise NotAllowed("This person signs in at the provider and has no password here.")
        token = self._make_link(user_id, wait=timedelta(0))
        if token is None or not self._mail(account, token, theirs[0]):
            raise DeliveryDeferred(f"The link could not be mailed to {account.email}. Look at the mail server.")
        with self._database.installation() as session:
            by = (principal.user_id, principal.email)
            tell(session, "password.link_sent", user_id=user_id, email=account.email, at=self._clock.now(), by=by)

    def look(self, token: str) -> str:
        """Return the address of the account that a link is for; raises NotFound."""
        return self._owner(token).email

    def reset(self, token: str, new: str) -> None:
        """Set the password with a link, which ends it and every session. Raises InvalidInput, NotFound."""
        account = self._owner(token)
        self._rule.check(new, about=(account.email, account.name))
        new_hash, now = hash_password(new), self._clock.now()
        with self._database.installation() as session:
            user_id = sign_in_repository.use_reset(session, token_sha256(token), new_hash, now)
            if user_id is None:
                raise NotFound(_UNKNOWN)
            tell(session, "password.changed", user_id=user_id, email=account.email, at=now, way="mailed link")

    def close(self) -> None:
        """Wait for mails that are under way."""
        self._mailer.shutdown()

    def _owner(self, token: str) -> Account:
        with self._database.installation() as session:
            user_id = sign_in_repository.find_reset(session, token_sha256(token), self._clock.now())
        if user_id is None:
            raise NotFound(_UNKNOWN)
        return self._proof.account(user_id)

    def _forgot(self, email: str, visit: Visit) -> None:
        try:
            if is_storable(email):
                with self._database.installation() as session:
                    found = access_repository.find_credentials(session, email)
                if found is not None and found.is_active:
                    self._mail_to(found, visit)
        except BroadsheetError as error:
            logger.warning("reset_mail_not_sent code=%s", error.code)

    def _mail_to(self, found: Credentials, visit: Visit) -> None:
        with self._database.installation() as session:
            theirs = access_repository.principals_of_user(session, found.user_id)
        token = self._make_link(found.user_id, wait=MAILED_AGAIN_AFTER) if theirs else None
        if token is None:
            return
        account = self._proof.account(found.user_id)
        if self._mail(account, token, theirs[0]):
            with self._database.installation() as session:
                now = self._clock.now()
                tell(session, "password.forgotten", user_id=account.user_id, email=account.email, at=now, visit=visit)

    def _make_link(self, user_id: UUID, *, wait: timedelta) -> str | None:
        token, now = new_token(), self._clock.now()
        with self._database.installation() as session:
            made = sign_in_repository.put_reset(
                session,
                user_id,
                token_sha256=token_sha256(token),
                now=now,
                expires_at=now + LINK_LASTS,
                not_since=now - wait,
            )
        return token if made else None

    def _mail(self, account: Account, token: str, principal: Principal) -> bool:
        mail = _mail(account.email, f"{self._base_url}/reset/{token}")
        message = compose_notice(mail, reference=f"reset:{uuid4()}", made_at=self._clock.now())
        place = self._places.find(principal.organization_id, self._channel, None)
        return send_notice(self._channel, message, account.email, place) is Told.SENT


def _mail(email: str, url: str) -> NoticeMail:
    return NoticeMail(
        subject="Set a new password for Broadsheet",
        title="Set a new password",
        lines=(
            NoticeLine(
                sentence=f"Somebody asked for a new password for {email}.", link=url, link_text="Set a new password"
            ),
        ),
        why="The link works once, for an hour. Setting a new password signs you out everywhere.",
        footer="If it was not you, do nothing: your password stays as it is.",
    )
