"""Whether somebody knows the password of an account: every attempt counts towards its lock before the comparison."""

from uuid import UUID

from core.access.passwords import NOBODYS_HASH, verify_password
from core.clock import Clock
from core.db import access_repository, sign_in_repository
from core.db.access_repository import Credentials
from core.db.database import Database
from core.domain.access import Principal
from core.domain.sign_in import Account
from core.domain.text import is_storable
from core.errors import InvalidInput, NotAllowed, NotSignedIn


class PasswordProof:
    """Counts attempts and compares. Nobody is told whether an account exists."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin(self, email: str) -> Credentials | None:
        """Return what a password is compared with; None for unknown, inactive, locked and provider's accounts alike.

        The attempt counts as failed from now on, and five failures lock the account for a while: attempts side by side
        cannot outrun the lock. `complete` clears the count once everything was right.
        """
        address, now = email.strip().lower(), self._clock.now()
        if not is_storable(address):
            return None
        with self._database.installation() as session:
            access_repository.lock_sign_in(session, address)
            found = access_repository.find_credentials(session, address)
            if found is None or not found.is_active:
                return None
            if found.locked_until is not None and found.locked_until > now:
                return None
            access_repository.record_sign_in(session, found.user_id, ok=False, now=now)
        return found

    def begin_code(self, user_id: UUID) -> Account | None:
        """Return the account whose code is compared next; None where it is locked or closed. Counts as `begin` does."""
        now = self._clock.now()
        with self._database.installation() as session:
            access_repository.lock_sign_in(session, str(user_id))
            found = sign_in_repository.find_account(session, user_id)
            if found is None or not found.is_active or found.is_locked(now):
                return None
            access_repository.record_sign_in(session, user_id, ok=False, now=now)
        return found

    def complete(self, user_id: UUID) -> None:
        """Clear the count of failures: everything that was asked was right."""
        with self._database.installation() as session:
            access_repository.record_sign_in(session, user_id, ok=True, now=self._clock.now())

    def account(self, user_id: UUID) -> Account:
        """Return what signing in knows of a person; raises NotSignedIn where there is none."""
        with self._database.installation() as session:
            found = sign_in_repository.find_account(session, user_id)
        if found is None:
            raise NotSignedIn
        return found

    def require(self, principal: Principal, password: str) -> None:
        """Return if `password` is the person's own; raises NotAllowed or InvalidInput."""
        if self.account(principal.user_id).uses_sso:
            raise NotAllowed("You sign in at your organization's provider and have no password here.")
        found = self.begin(principal.email)
        matches = verify_password(password, found.password_hash if found else NOBODYS_HASH)
        if found is None or not matches:
            raise InvalidInput("The password is wrong, or the account is locked for a while.", place="password")
        self.complete(found.user_id)
