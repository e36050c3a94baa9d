"""The second factor: an authenticator app that a code confirmed, recovery codes, and the rule of an organization."""

from uuid import UUID

from core.access.policy import require
from core.access.totp import app_uri, matching_step, new_recovery_codes, new_secret, recovery_sha256
from core.clock import Clock
from core.db import access_repository, organization_settings, second_factor_repository
from core.db.audit_repository import record
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.audit import AuditEvent
from core.domain.sign_in import Account, FactorOffer, SignInStanding
from core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from core.secrets import SecretBox
from core.services.password_proof import PasswordProof
from core.services.sessions import require_signed_in
from core.services.sign_in_events import tell

#: What authenticator apps show beside the address.
ISSUER = "Broadsheet"
_WRONG = "The code is wrong or was used already. Wait for the next one, and look at the clock of your device."


class SecondFactorService:
    """A secret is kept sealed, recovery codes as hashes; each code is good once."""

    def __init__(self, database: Database, clock: Clock, *, box: SecretBox, proof: PasswordProof) -> None:
        self._database = database
        self._clock = clock
        self._box = box
        self._proof = proof

    def standing(self, principal: Principal) -> SignInStanding:
        """Return how the person signs in."""
        account = self._proof.account(principal.user_id)
        return SignInStanding(
            uses_sso=account.uses_sso,
            password_changed_at=account.password_changed_at,
            factor_since=account.factor_confirmed_at,
            recovery_left=account.recovery_left,
            is_factor_required=account.is_factor_required,
        )

    def offer(self, principal: Principal, password: str) -> FactorOffer:
        """Make a secret for the person's app, once their password was right; nothing is asked until `confirm`."""
        require_signed_in(principal)
        self._proof.require(principal, password)
        return self.offer_to(principal.user_id)

    def offer_to(self, user_id: UUID) -> FactorOffer:
        """Make a secret for somebody whose password was just right. Raises Conflict where a factor is in use."""
        account, secret = self._proof.account(user_id), new_secret()
        with self._database.installation() as session:
            if not second_factor_repository.put_offer(session, user_id, self._box.encrypt(secret)):
                raise Conflict("A second factor is in use already. Remove it first.")
        return FactorOffer(secret=secret, uri=app_uri(secret, email=account.email, issuer=ISSUER))

    def confirm(self, user_id: UUID, code: str) -> tuple[str, ...]:
        """Take the offered app into use by its first code; returns the recovery codes, which are never shown again."""
        account, now = self._proof.account(user_id), self._clock.now()
        if account.sealed_secret is None or account.has_factor:
            raise Conflict("Begin again: there is nothing to confirm.")
        step = matching_step(self._box.decrypt(account.sealed_secret), code, now)
        if step is None:
            raise InvalidInput(_WRONG, place="code")
        codes = new_recovery_codes()
        with self._database.installation() as session:
            if not second_factor_repository.confirm(
                session, user_id, step=step, code_sha256s=[recovery_sha256(one) for one in codes], now=now
            ):
                raise Conflict("Begin again: there is nothing to confirm.")
            tell(session, "second_factor.enrolled", user_id=user_id, email=account.email, at=now)
        return codes

    def enrol(self, principal: Principal, code: str) -> tuple[str, ...]:
        """Do what `confirm` does, for somebody who is signed in."""
        require_signed_in(principal)
        return self.confirm(principal.user_id, code)

    def accepts(self, account: Account, code: str) -> bool:
        """Whether this is a code of the account's app, or a recovery code, that was not used before; it is then."""
        if account.sealed_secret is None or not account.has_factor:
            return False
        now = self._clock.now()
        step = matching_step(self._box.decrypt(account.sealed_secret), code, now)
        with self._database.installation() as session:
            if step is not None:
                return second_factor_repository.take_step(session, account.user_id, step)
            return second_factor_repository.take_recovery_code(session, account.user_id, recovery_sha256(code), now)

    def renew_codes(self, principal: Principal, *, password: str, code: str) -> tuple[str, ...]:
        """Make new recovery codes; the old ones end. Raises InvalidInput for a wrong password or code."""
        account = self._prove(principal, password=password, code=code)
        codes = new_recovery_codes()
        with self._database.installation() as session:
            second_factor_repository.put_recovery_codes(
                session, account.user_id, [recovery_sha256(one) for one in codes]
            )
            tell(
                session,
                "second_factor.codes_renewed",
                user_id=account.user_id,
                email=account.email,
                at=self._clock.now(),
            )
        return codes

    def remove(self, principal: Principal, *, password: str, code: str) -> None:
        """Stop asking for codes; raises InvalidInput for a wrong password or code, NotAllowed where it is required."""
        if self._proof.account(principal.user_id).is_factor_required:
            raise NotAllowed("Your organization asks for a second factor. An administrator can reset it for you.")
        account = self._prove(principal, password=password, code=code)
        with self._database.installation() as session:
            second_factor_repository.remove(session, account.user_id)
            tell(session, "second_factor.removed", user_id=account.user_id, email=account.email, at=self._clock.now())

    def reset(self, principal: Principal, user_id: UUID) -> None:
        """Take somebody's second factor away, because they lost it. Raises NotAllowed, NotFound."""
        require_signed_in(principal)
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.installation() as session:
            theirs = access_repository.principals_of_user(session, user_id)
            mine = access_repository.principals_of_user(session, principal.user_id)
            check_looks_after(mine, theirs, principal)
            if not second_factor_repository.remove(session, user_id):
                raise NotFound("This person has no second factor.")
            by = (principal.user_id, principal.email)
            email = theirs[0].email
            tell(session, "second_factor.reset", user_id=user_id, email=email, at=self._clock.now(), by=by)

    def is_required(self, principal: Principal) -> bool:
        """Whether the organization asks everyone for a second factor."""
        with self._database.organization(principal.organization_id) as session:
            return organization_settings.is_factor_required(session)

    def demand(self, principal: Principal, *, required: bool) -> None:
        """Ask everyone for a second factor from their next sign-in on, or not any more. Raises NotAllowed."""
        require_signed_in(principal)
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            before = organization_settings.is_factor_required(session)
            organization_settings.set_factor_required(session, required=required)
            event = AuditEvent.change(
                principal, "organization.changed", before={"required": before}, after={"required": required}
            )
            record(session, principal.organization_id, event, at=self._clock.now())

    def _prove(self, principal: Principal, *, password: str, code: str) -> Account:
        require_signed_in(principal)
        self._proof.require(principal, password)
        account = self._proof.begin_code(principal.user_id)
        if account is None or not self.accepts(account, code):
            raise InvalidInput(_WRONG, place="code")
        self._proof.complete(principal.user_id)
        return account


def check_looks_after(mine: tuple[Principal, ...], theirs: tuple[Principal, ...], principal: Principal) -> None:
    """Return if one person may mend how the other signs in: they look after every organization the other is in.

    Raises NotFound for who is not in the acting organization, NotAllowed also where the other may do more anywhere.
    """
    if not any(one.organization_id == principal.organization_id for one in theirs):
        raise NotFound("This person does not exist, or is not in your organization.")
    if any(one.may(Permission.MANAGE_INSTALLATION) for one in mine):
        return
    managed = {one.organization_id: one.permissions for one in mine if one.may(Permission.MANAGE_MEMBERS)}
    if any(one.organization_id not in managed for one in theirs):
        raise NotAllowed("This person belongs to another organization as well. Ask whoever runs this installation.")
    if any(one.permissions - managed[one.organization_id] for one in theirs):
        raise NotAllowed("This person may do more than you. Only somebody who may as much can change how they sign in.")
