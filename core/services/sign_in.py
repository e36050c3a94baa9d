"""Signing in with a password: throttled by address, locked by account, with a second factor where there is one."""

import math
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

import jwt

from core.access.passwords import NOBODYS_HASH, verify_password
from core.clock import Clock
from core.db import sign_in_repository
from core.db.access_repository import Credentials
from core.db.database import Database
from core.domain.sign_in import Account, FactorOffer, NextStep, SecondFactorMissing, SecondFactorNeeded, Visit
from core.domain.text import is_storable
from core.errors import NotSignedIn, TooManyRequests
from core.services.password_proof import PasswordProof
from core.services.second_factor import SecondFactorService
from core.services.sessions import TICKET_LASTS, SessionService
from core.services.sign_in_events import tell, tell_unknown

JWT_LASTS = timedelta(hours=12)
#: With RATE_LIMITS=on: failed attempts of one client address, at once and a minute, over all web processes.
SIGN_INS_PER_MINUTE = 30
REFUSED = "The e-mail address or the password is wrong, or the account is locked for a while."
_WRONG_CODE = "The code is wrong or was used already, or the account is locked for a while."


class SignInService:
    """Lets people in. It never says whether an account exists."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        proof: PasswordProof,
        sessions: SessionService,
        factors: SecondFactorService,
        jwt_key: str,
        is_limited: bool = True,
    ) -> None:
        self._database = database
        self._clock = clock
        self._proof = proof
        self._sessions = sessions
        self._factors = factors
        self._jwt_key = jwt_key
        self._is_limited = is_limited

    def admit(self, visit: Visit) -> None:
        """Count an attempt of a client address; raises TooManyRequests. `welcome` uncounts what was right."""
        if not self._is_limited:
            return
        with self._database.installation() as session:
            wait_s = sign_in_repository.take_attempt(
                session, limit_key(visit.address), most=SIGN_INS_PER_MINUTE, now=self._clock.now()
            )
        if wait_s > 0:
            raise TooManyRequests(retry_after_s=max(1, math.ceil(wait_s)))

    def begin(self, email: str) -> Credentials | None:
        """Return what the password is compared with; see `PasswordProof.begin`."""
        return self._proof.begin(email)

    def refuse(self, email: str, found: Credentials | None, visit: Visit) -> None:
        """Write down that an attempt failed."""
        now, address = self._clock.now(), email.strip().lower()
        with self._database.installation() as session:
            if found is not None:
                tell(session, "sign_in.failed", user_id=found.user_id, email=found.email, at=now, visit=visit)
            elif is_storable(address):
                tell_unknown(session, "sign_in.failed", email=address, at=now, visit=visit)

    def next_step(self, user_id: UUID) -> NextStep:
        """Return what is asked of somebody whose password was right."""
        account = self._proof.account(user_id)
        if account.has_factor:
            return NextStep.CODE
        return NextStep.ENROL if account.is_factor_required else NextStep.OPEN

    def check_code(self, user_id: UUID, code: str, visit: Visit) -> None:
        """Return if the code is right; raises NotSignedIn, and the attempt counts towards the lock."""
        account = self._proof.begin_code(user_id)
        if account is None or not self._factors.accepts(account, code):
            self._refuse_code(self._proof.account(user_id), visit)

    def offer_factor(self, user_id: UUID) -> FactorOffer:
        """Make a secret for somebody whose organization asks for a second factor; raises Conflict where one is used."""
        return self._factors.offer_to(user_id)

    def confirm_factor(self, user_id: UUID, code: str) -> tuple[str, ...]:
        """Take it into use; returns the recovery codes. Raises InvalidInput."""
        return self._factors.confirm(user_id, code)

    def welcome(self, user_id: UUID, visit: Visit) -> str:
        """Open a session for somebody who did all that `next_step` asked; returns the secret, good for a moment."""
        self._let_in(user_id, visit)
        return self._sessions.open(user_id, visit, lasts=TICKET_LASTS)

    def verify(self, email: str, password: str, *, code: str | None = None, visit: Visit | None = None) -> UUID:
        """Return the person behind an address, a password and, where they have a second factor, a code.

        Raises NotSignedIn, the same for every reason but a missing code: SecondFactorNeeded, SecondFactorMissing.
        """
        visit = visit or Visit()
        found = self._proof.begin(email)
        matches = verify_password(password, found.password_hash if found else NOBODYS_HASH)
        if found is None or not matches:
            self.refuse(email, found, visit)
            raise NotSignedIn(REFUSED)
        account = self._proof.account(found.user_id)
        if account.has_factor and not code:
            raise SecondFactorNeeded
        if account.has_factor and not self._factors.accepts(account, code or ""):
            self._refuse_code(account, visit)
        if not account.has_factor and account.is_factor_required:
            raise SecondFactorMissing
        self._let_in(found.user_id, visit)
        return found.user_id

    def issue_jwt(
        self, email: str, password: str, *, code: str | None = None, visit: Visit | None = None
    ) -> tuple[str, int]:
        """Return a signed token for the REST API and its life in seconds. It wraps a session, so it can be revoked."""
        user_id = self.verify(email, password, code=code, visit=visit)
        session_token = self._sessions.open(user_id, visit, lasts=JWT_LASTS)
        now = self._clock.now()
        claims = {"sid": session_token, "iat": now, "exp": now + JWT_LASTS}
        return jwt.encode(claims, self._jwt_key, algorithm="HS256"), int(JWT_LASTS.total_seconds())

    def _let_in(self, user_id: UUID, visit: Visit) -> None:
        self._proof.complete(user_id)
        account = self._proof.account(user_id)
        with self._database.installation() as session:
            if self._is_limited:
                sign_in_repository.give_back_attempt(session, limit_key(visit.address), most=SIGN_INS_PER_MINUTE)
            tell(
                session,
                "sign_in.succeeded",
                user_id=user_id,
                email=account.email,
                at=self._clock.now(),
                visit=visit,
                way="password and code" if account.has_factor else "password",
            )

    def _refuse_code(self, account: Account, visit: Visit) -> None:
        with self._database.installation() as session:
            tell(
                session,
                "sign_in.failed",
                user_id=account.user_id,
                email=account.email,
                at=self._clock.now(),
                visit=visit,
                way="code",
            )
        raise NotSignedIn(_WRONG_CODE)


def limit_key(address: str) -> str:
    """Return what attempts are counted by: an IPv4 address, or the /64 network that one subscriber has of IPv6."""
    try:
        known = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ip_network(f"{known}/64", strict=False))
    return str(known)
