"""Bounces that mail services report over HTTP: setting services up, and taking what they post."""

import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from core.access.policy import require
from core.clock import Clock
from core.db import bounce_repository
from core.db.audit_repository import note
from core.db.bounce_repository import StoredIntake
from core.db.database import Database
from core.deliver.bounces.provider import Provider, Report
from core.domain.access import Permission, Principal
from core.domain.bounce import Bounce, BounceIntake
from core.domain.page import Page
from core.errors import BroadsheetError, InvalidInput, NotFound
from core.secrets import SecretBox
from core.services.bounce_recording import BounceBook

logger = logging.getLogger(__name__)

_UNKNOWN = "Nobody listens here."
#: Hexadecimal digits of an organization's id, and of what proves that the address was made here.
_ID_DIGITS, _PROOF_DIGITS = 32, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a report."""

    new: int
    known: int


class BounceService:
    """Hears mail services for every organization that set one up."""

    def __init__(
        self, database: Database, clock: Clock, *, providers: Mapping[str, Provider], box: SecretBox, key: str
    ) -> None:
        """`key` signs the addresses that services are given."""
        self._database = database
        self._clock = clock
        self._providers = providers
        self._box = box
        self._key = key.encode()
        self._book = BounceBook(database, clock)

    def intakes(self, principal: Principal) -> tuple[BounceIntake, ...]:
        """Return every service that is understood, with its address where it is set up."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            stored = {one.provider: one for one in bounce_repository.list_intakes(session)}
            last = bounce_repository.last_bounces(session, self._clock.now())
        return tuple(
            replace(self._intake(principal, one, stored.get(one.key)), last=last.get(one.key))
            for one in self._providers.values()
        )

    def list(
        self, principal: Principal, *, provider: str | None = None, page: int = 1, limit: int = 50
    ) -> Page[Bounce]:
        """Return what came back, from whatever service or mail server, the newest first."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            return bounce_repository.list_bounces(
                session, now=self._clock.now(), provider=provider, page=page, limit=limit
            )

    def set_up(self, principal: Principal, provider: str, secrets: Mapping[str, str]) -> BounceIntake:
        """Hear a service from now on. Its address changes each time, and the one before ends. Raises InvalidInput."""
        require(principal, Permission.MANAGE_MEMBERS)
        reader = self._reader(provider)
        unknown = sorted(set(secrets) - set(reader.secret_fields))
        if unknown:
            raise InvalidInput(f"{reader.label} takes no {unknown[0]}.", place=f"secrets.{unknown[0]}")
        given = {name: value.strip() for name, value in secrets.items()}
        reader.check(given)
        with self._database.organization(principal.organization_id) as session:
            known = {one.provider: one.version for one in bounce_repository.list_intakes(session)}
            bounce_repository.put_intake(
                session,
                principal.organization_id,
                provider,
                secrets=self._box.encrypt(json.dumps(given)),
                version=known.get(provider, 0) + 1,
            )
            note(session, principal, "bounce_service.set_up", name=reader.label)
        return next(one for one in self.intakes(principal) if one.provider == provider)

    def remove(self, principal: Principal, provider: str) -> None:
        """Hear a service no more."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            bounce_repository.delete_intake(session, provider)
            note(session, principal, "bounce_service.removed", name=provider)

    def take(self, provider: str, address_key: str, report: Report) -> Taken:
        """Take what a service posted. Raises NotFound, NotAllowed, NotSignedIn and InvalidInput.

        What is refused is logged without its content, which anybody may have written.
        """
        organization_id, stored = self._known(provider, address_key)
        secrets = json.loads(self._box.decrypt(stored.secrets))
        try:
            events = self._reader(provider).read(report, secrets, self._clock.now())
        except BroadsheetError as error:
            logger.warning(
                "bounce_report_refused provider=%s organization=%s code=%s", provider, organization_id, error.code
            )
            raise
        new = sum(self._book.record(organization_id, provider, event) for event in events)
        return Taken(new=new, known=len(events) - new)

    def _reader(self, provider: str) -> Provider:
        reader = self._providers.get(provider)
        if reader is None:
            raise NotFound(_UNKNOWN)
        return reader

    def _known(self, provider: str, address_key: str) -> tuple[UUID, StoredIntake]:
        self._reader(provider)
        try:
            organization_id = UUID(address_key[:_ID_DIGITS])
        except ValueError as error:
            raise NotFound(_UNKNOWN) from error
        with self._database.organization(organization_id) as session:
            stored = {one.provider: one for one in bounce_repository.list_intakes(session)}.get(provider)
        expected = "" if stored is None else self._address_key(organization_id, provider, stored.version)
        if stored is None or not hmac.compare_digest(expected.encode(), address_key.encode()):
            raise NotFound(_UNKNOWN)
        return organization_id, stored

    def _address_key(self, organization_id: UUID, provider: str, version: int) -> str:
        about = f"{organization_id}:{provider}:{version}".encode()
        return organization_id.hex + hmac.new(self._key, about, hashlib.sha256).hexdigest()[:_PROOF_DIGITS]

    def _intake(self, principal: Principal, reader: Provider, stored: StoredIntake | None) -> BounceIntake:
        version = 0 if stored is None else stored.version
        key = self._address_key(principal.organization_id, reader.key, version)
        return BounceIntake(
            provider=reader.key,
            label=reader.label,
            path="" if stored is None else f"/api/bounces/{reader.key}/{key}",
            is_set_up=stored is not None,
            secret_fields=dict(reader.secret_fields),
            updated_at=None if stored is None else stored.updated_at,
        )
