"""Signing in, in memory, with the signatures the screens call."""

from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import bcrypt

from core.domain.access import Principal
from core.domain.sign_in import FactorOffer, NextStep, SessionLine, SignInStanding
from core.errors import InvalidInput, NotFound, NotSignedIn
from core.services.sessions import SESSION_LASTS

from . import fake_data as data

PASSWORD = "correct-horse-42"
TOKEN = "token-of-ada"
CODE = "123456"
CODES = ("aaaa-bbbb-cccc-dddd", "eeee-ffff-gggg-hhhh")


class FakeAccess:
    def __init__(self, role: str) -> None:
        self.sessions = {TOKEN: data.principal(role)}

    def principal_for_session(self, token: str) -> Principal:
        if token not in self.sessions:
            raise NotSignedIn
        return self.sessions[token]


class FakeSessions:
    def __init__(self, access: FakeAccess, role: str) -> None:
        self._access = access
        self._role = role
        self.items = [
            SessionLine(
                id=data.make_id(f"session {device}"),
                organization="Northwind Press",
                device=device,
                address="203.0.113.7",
                created_at=data.NOW - timedelta(days=2),
                last_seen_at=data.NOW - timedelta(hours=hours),
                expires_at=data.NOW + timedelta(days=12),
                is_current=hours == 0,
            )
            for hours, device in enumerate(("Chrome on Linux", "Safari on iPhone", "Python"))
        ]

    def open(self, user_id, visit=None, *, lasts=SESSION_LASTS) -> str:
        token = uuid4().hex
        self._access.sessions[token] = data.principal(self._role)
        return token

    def swap(self, token, visit, *, replaces=None):
        self._access.principal_for_session(token)
        fresh = self.open(data.ADA)
        for old in (token, replaces):
            self._access.sessions.pop(old, None)
        return fresh

    def close(self, token: str) -> None:
        self._access.sessions.pop(token, None)

    def list(self, principal, token):
        return tuple(self.items)

    def revoke(self, principal, session_id):
        if session_id not in {one.id for one in self.items}:
            raise NotFound
        self.items = [one for one in self.items if one.id != session_id]

    def revoke_others(self, principal, token):
        ended = len(self.items) - 1
        self.items = self.items[:1]
        return ended


class FakeSignIn:
    def __init__(self, sessions: FakeSessions) -> None:
        self._sessions = sessions
        self._hash = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        self.attempts: list[bool] = []
        self.step = NextStep.OPEN

    def admit(self, visit):
        pass

    def begin(self, email):
        if email != "ada@example.com":
            return None
        self.attempts.append(False)
        return SimpleNamespace(user_id=data.ADA, email=email, name="Ada Lovelace", password_hash=self._hash)

    def refuse(self, email, found, visit):
        pass

    def next_step(self, user_id):
        return self.step

    def check_code(self, user_id, code, visit):
        if code != CODE:
            raise NotSignedIn("The code is wrong or was used already, or the account is locked for a while.")

    def offer_factor(self, user_id):
        return FactorOffer(secret="ABCDEFGH", uri="otpauth://totp/Broadsheet:ada?secret=ABCDEFGH")

    def confirm_factor(self, user_id, code):
        if code != CODE:
            raise InvalidInput("The code is wrong.", place="code")
        return CODES

    def welcome(self, user_id, visit):
        self.attempts[-1] = True
        return self._sessions.open(user_id)


class FakeSecondFactor:
    def __init__(self, sign_in: FakeSignIn) -> None:
        self._sign_in = sign_in
        self.is_asked = False
        self.resets = []
        self.now = SignInStanding(
            uses_sso=False, password_changed_at=None, factor_since=None, recovery_left=0, is_factor_required=False
        )

    def standing(self, principal):
        return self.now

    def offer(self, principal, password):
        if password != PASSWORD:
            raise InvalidInput("The password is wrong, or the account is locked for a while.", place="password")
        return self._sign_in.offer_factor(principal.user_id)

    def enrol(self, principal, code):
        codes = self._sign_in.confirm_factor(principal.user_id, code)
        self.now = replace(self.now, factor_since=data.NOW, recovery_left=len(codes))
        return codes

    def renew_codes(self, principal, *, password, code):
        self.offer(principal, password)
        return self.enrol(principal, code)

    def remove(self, principal, *, password, code):
        self.renew_codes(principal, password=password, code=code)
        self.now = replace(self.now, factor_since=None)

    def reset(self, principal, user_id):
        self.resets.append(user_id)

    def is_required(self, principal):
        return self.is_asked

    def demand(self, principal, *, required):
        self.is_asked = required


class FakePasswords:
    def __init__(self) -> None:
        self.forgotten: list[str] = []
        self.changed: list[str] = []
        self.mailed = []

    def forgot(self, email, visit):
        self.forgotten.append(email)
        return Future()

    def change(self, principal, *, old, new, session_token=None):
        if old != PASSWORD:
            raise InvalidInput("The password is wrong, or the account is locked for a while.", place="password")
        self.changed.append(new)

    def send_link(self, principal, user_id):
        self.mailed.append(user_id)


class FakeSso:
    is_on = False
    name = "Northwind ID"

    def __init__(self, sessions: FakeSessions) -> None:
        self._sessions = sessions
        self.entered = []

    def is_fresh(self, identity):
        return identity.issued_at > 0

    def enter(self, identity, visit):
        self.entered.append(identity)
        return self._sessions.open(data.ADA)
