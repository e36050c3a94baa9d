"""Mail servers and addresses that are left alone, in memory; drafts are checked as the service does."""

from dataclasses import replace
from uuid import uuid4

from core.deliver.bounces import PROVIDERS
from core.domain.bounce import BounceIntake
from core.domain.destination import DestinationTest
from core.domain.group import Whereabouts
from core.domain.mail_server import EmailConfig, dkim_record
from core.domain.page import Page
from core.domain.suppression import Suppression, SuppressionReason
from core.services.email_draft import read_email_draft
from core.services.email_presets import PRESETS
from core.services.suppressions import _address
from core.settings import Settings

from . import fake_data


class FakeEmailConfig:
    def __init__(self) -> None:
        self.password = ""
        self.tried = []
        self.saved = self.none = EmailConfig(
            preset="installation",
            host="",
            port=0,
            security="",
            user="",
            sender="Broadsheet <reports@example.com>",
            has_password=False,
        )

    def presets(self):
        return PRESETS

    def get(self, principal):
        return self.saved

    def save(self, principal, draft):
        read = read_email_draft(draft)
        self.password = read.password or self.password
        self.saved = EmailConfig(
            preset=read.preset,
            host=read.host,
            port=read.port,
            security=read.security,
            user=read.user,
            sender=read.sender,
            has_password=bool(self.password),
            version=self.saved.version + 1,
        )
        return self.saved

    def delete(self, principal):
        self.saved, self.password = self.none, ""

    def test(self, principal, draft=None):
        self.tried.append(read_email_draft(draft))
        if draft.host == "smtp.gmail.com":
            return DestinationTest(is_ok=True, message=f"Sent to {principal.email}: 250 ok.", elapsed_s=0.1)
        words = "The mail server refused the sign-in. Check the user name and the password: 535"
        return DestinationTest(is_ok=False, message=words, elapsed_s=0.1)

    def sign(self, principal):
        self.saved = replace(self.saved, dkim=dkim_record("example.com", "broadsheet", "abc"))

    def stop_signing(self, principal):
        self.saved = replace(self.saved, dkim=None)


class FakeBounces:
    def __init__(self) -> None:
        self.known = {}
        self.items = []

    def intakes(self, principal):
        return tuple(self._intake(key, make(Settings(_env_file=None))) for key, make in PROVIDERS.items())

    def _intake(self, key, reader):
        return BounceIntake(
            provider=key,
            label=reader.label,
            path=f"/api/bounces/{key}/0123" if key in self.known else "",
            is_set_up=key in self.known,
            secret_fields=dict(reader.secret_fields),
            last=next((one for one in self.items if one.provider == key), None),
        )

    def list(self, principal, *, provider=None, page=1, limit=50):
        return Page(items=tuple(self.items[:limit]), total=len(self.items), page=page, limit=limit)

    def set_up(self, principal, provider, secrets):
        PROVIDERS[provider](Settings(_env_file=None)).check(secrets)
        self.known[provider] = dict(secrets)
        return next(one for one in self.intakes(principal) if one.provider == provider)

    def remove(self, principal, provider):
        del self.known[provider]


class FakeSuppressions:
    def __init__(self) -> None:
        self.items = []

    def list(self, principal, *, search="", page=1, limit=50):
        found = tuple(one for one in self.items if search in one.address)
        return Page(items=found, total=len(found), page=page, limit=limit)

    def add(self, principal, address, *, reason=SuppressionReason.ADDED):
        one = Suppression(
            id=uuid4(),
            address=_address(address),
            schedule_id=None,
            schedule=None,
            reason=reason,
            until=None,
            note="",
            created_at=fake_data.NOW,
        )
        self.items.append(one)
        return one

    def remove(self, principal, suppression_id):
        self.items = [one for one in self.items if one.id != suppression_id]

    def remove_everywhere(self, principal, address):
        found = self.where(principal, address)
        self.add(principal, address, reason=SuppressionReason.REMOVED)
        return found

    def where(self, principal, address):
        schedules = (("Usage Summary", False), ("Weekly revenue", True))
        return Whereabouts(address=_address(address), schedules=schedules, groups=("Board",))
