"""The mail server of an organization: saved, tried out, signed with. Its password never comes back."""

import time
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from core.access.policy import require
from core.clock import Clock
from core.db import email_config_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.deliver import dkim
from core.deliver.channel import Channel
from core.domain.access import Permission, Principal
from core.domain.destination import DestinationTest, Place
from core.domain.mail_server import EmailConfig, EmailConfigDraft, EmailPreset, dkim_record
from core.domain.schedule import Recipient
from core.errors import BroadsheetError, Conflict, DeliveryUnknown, InvalidAddress, InvalidInput, NotFound
from core.net import refuse_private
from core.runs.places import Places
from core.services.email_draft import domain_of, keeps_password, read_email_draft
from core.services.email_presets import PRESETS
from core.services.trial_message import trial_message
from core.settings import Settings

#: The preset of what the operator set up.
INSTALLATION = "installation"
DEFAULT_SELECTOR = "broadsheet"
_NONE_SAVED = "Your organization has no mail server of its own yet. Save one first."


class EmailConfigService:
    """Everything an administrator does with the organization's mail server."""

    def __init__(
        self, database: Database, clock: Clock, settings: Settings, *, channel: Channel, places: Places
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._channel = channel
        self._places = places

    def presets(self) -> tuple[EmailPreset, ...]:
        """Return the mail servers that people know by name."""
        return PRESETS

    def get(self, principal: Principal) -> EmailConfig:
        """Return the organization's mail server; with version 0 it is the installation's, whose host is not told."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            return self._present(session) or EmailConfig(
                preset=INSTALLATION, host="", port=0, security="", user="", sender=self._settings.mail_from,
                has_password=False,
            )  # fmt: skip

    def save(self, principal: Principal, draft: EmailConfigDraft) -> EmailConfig:
        """Save the mail server; raises InvalidInput with the place. The password not given stays where it may."""
        require(principal, Permission.MANAGE_MEMBERS)
        read = read_email_draft(draft)
        self._refuse_private(read)
        with self._database.organization(principal.organization_id) as session:
            config, secrets = self._load(session)
            if config and config.dkim and config.dkim.domain != domain_of(read.sender):
                raise Conflict(
                    f"Mails are signed as {config.dkim.domain}. Keep a sender of that domain, or remove the key first.",
                    place="sender",
                )
            kept = {**secrets, "password": _password(read, config, secrets)}
            email_config_repository.put_email_config(session, principal.organization_id, read, self._places.seal(kept))
            return note(session, principal, "mail_settings.changed", before=config, after=self._saved(session))

    def delete(self, principal: Principal) -> None:
        """Go back to the installation's way. Raises NotFound where it is used already."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            if not email_config_repository.delete_email_config(session):
                raise NotFound(_NONE_SAVED)
            note(session, principal, "mail_settings.deleted")

    def test(self, principal: Principal, draft: EmailConfigDraft | None = None) -> DestinationTest:
        """Send a test to the caller over what is saved, or over `draft`; says in words what is wrong."""
        require(principal, Permission.MANAGE_MEMBERS)
        place = self._places.mail_server(principal.organization_id)
        if draft is not None:
            place = self._place_of(principal, read_email_draft(draft), place)
        message, is_ok, began = trial_message(principal, self._channel, self._clock), False, time.monotonic()
        try:
            said = self._channel.send(message, Recipient(channel="email", address=principal.email), place)
            words, is_ok = f"Sent to {principal.email}: {said}.", True
        except DeliveryUnknown:
            words = f"It broke off at the end: look whether the test has arrived at {principal.email}."
        except BroadsheetError as error:
            words = error.user_message
        return DestinationTest(is_ok=is_ok, message=words, elapsed_s=time.monotonic() - began)

    def sign(
        self, principal: Principal, *, selector: str = DEFAULT_SELECTOR, private_key: str | None = None
    ) -> EmailConfig:
        """Sign mails from now on, with a new key or one that is brought; returns the record to publish."""
        require(principal, Permission.MANAGE_MEMBERS)
        name = dkim.check_selector(selector)
        key = dkim.read_key(private_key) if private_key else dkim.new_key()
        return self._put_key(principal, selector=name, key=key)

    def stop_signing(self, principal: Principal) -> EmailConfig:
        """Forget the key."""
        require(principal, Permission.MANAGE_MEMBERS)
        return self._put_key(principal, selector=None, key="")

    def _refuse_private(self, draft: EmailConfigDraft) -> None:
        try:
            refuse_private(draft.host, draft.port, allowed=self._settings.allow_private_hosts)
        except InvalidAddress as error:
            raise InvalidInput(error.user_message, place="host") from error

    def _put_key(self, principal: Principal, *, selector: str | None, key: str) -> EmailConfig:
        with self._database.organization(principal.organization_id) as session:
            config, secrets = self._load(session)
            if config is None:
                raise NotFound(_NONE_SAVED)
            record = dkim_record(domain_of(config.sender), selector, dkim.public_key(key)) if selector else None
            email_config_repository.put_dkim(
                session,
                domain=record.domain if record else None,
                selector=selector,
                public=dkim.public_key(key) if record else None,
                sealed=self._places.seal({**secrets, "dkim_key": key}),
            )
            return note(session, principal, "mail_settings.signed", before=config, after=self._saved(session))

    def _place_of(self, principal: Principal, draft: EmailConfigDraft, saved: Place | None) -> Place:
        """A draft as deliveries would use it, unsigned."""
        with self._database.organization(principal.organization_id) as session:
            config, secrets = self._load(session)
        names = ("host", "port", "security", "user", "sender")
        return Place(
            organization_id=principal.organization_id,
            name="Mail server" if saved is None else saved.name,
            settings={name: getattr(draft, name) for name in names},
            secrets={"password": _password(draft, config, secrets)},
        )

    def _load(self, session: Session) -> tuple[EmailConfig | None, dict[str, str]]:
        found = email_config_repository.load_email_config(session, lock=True)
        return (None, {}) if found is None else (found[0], self._places.unseal(found[1]))

    def _present(self, session: Session) -> EmailConfig | None:
        config, secrets = self._load(session)
        return None if config is None else replace(config, has_password=bool(secrets.get("password")))

    def _saved(self, session: Session) -> EmailConfig:
        config = self._present(session)
        if config is None:
            raise NotFound(_NONE_SAVED)
        return config


def _password(draft: EmailConfigDraft, config: EmailConfig | None, secrets: Mapping[str, str]) -> str:
    """The password to use: the one given, or the saved one where it goes to the same account as before."""
    password = draft.password
    if password is None and secrets.get("password") and config is not None:
        if not keeps_password(draft, config):
            raise InvalidInput("Give the password again: it would go to another server or account.", place="password")
        password = secrets["password"]
    if draft.user and not password:
        raise InvalidInput("Give the password of this user.", place="password")
    return password or ""
