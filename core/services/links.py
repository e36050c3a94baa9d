"""Links to files: making them, looking at who used them, taking them back."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require
from core.address import parse_email
from core.clock import Clock
from core.db import artifact_repository, link_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.db.visibility import require_run
from core.domain.access import Permission, Principal
from core.domain.link import Link, LinkTerms, LinkUse
from core.errors import Conflict, InvalidAddress, InvalidInput
from core.runs.seeing import require_files
from core.secrets import new_token, token_sha256

#: How long a link made by hand opens its file unless it is asked for otherwise, and the longest any may.
LINK_VALID_FOR = timedelta(hours=1)
LINK_VALID_AT_MOST = timedelta(days=90)
MOST_USES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MintedLink:
    """A new link. Its path holds the token, which is known now and never again."""

    id: UUID
    path: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkHistory:
    """A link and the tries to use it, the newest first."""

    link: Link
    uses: tuple[LinkUse, ...]


class LinkService:
    """Everything a person does with links."""

    def __init__(self, database: Database, clock: Clock, *, valid_for: timedelta = LINK_VALID_FOR) -> None:
        self._database = database
        self._clock = clock
        self._valid_for = valid_for

    def mint(
        self,
        principal: Principal,
        artifact_id: UUID,
        *,
        valid_for: timedelta | None = None,
        max_uses: int | None = None,
        recipient: str | None = None,
    ) -> MintedLink:
        """Make a link that opens one file without a sign-in until it expires or was used `max_uses` times.

        With a `recipient` it opens for whoever gives the code that is mailed to that address. Raises InvalidInput.
        """
        require(principal, Permission.MANAGE_EXPORTS)
        terms = self._terms(valid_for, max_uses, recipient)
        with self._database.person(principal) as session:
            run_id = artifact_repository.load_artifact(session, artifact_id).run_id
            require_run(session, run_id)
            require_files(session, principal, run_id)
            return _insert(session, principal, artifact_id, terms)

    def renew(self, principal: Principal, link_id: UUID) -> MintedLink:
        """Take a link back and make another one on the same terms, which lasts as long as the first was to."""
        require(principal, Permission.MANAGE_EXPORTS)
        now = self._clock.now()
        with self._database.person(principal) as session:
            link = link_repository.load_link(session, link_id)
            require_run(session, link.run_id)
            require_files(session, principal, link.run_id)
            artifact = artifact_repository.load_artifact(session, link.artifact_id)
            if artifact.removed_in_words is not None:
                raise Conflict(artifact.removed_in_words)
            link_repository.revoke_link(session, link_id, now)
            lasts = min(link.terms.expires_at - link.created_at, LINK_VALID_AT_MOST)
            terms = replace(link.terms, expires_at=now + max(lasts, timedelta(minutes=1)))
            return _insert(session, principal, link.artifact_id, terms)

    def revoke(self, principal: Principal, link_id: UUID) -> Link:
        """Take a link back: it opens nothing from now on."""
        require(principal, Permission.MANAGE_EXPORTS)
        with self._database.person(principal) as session:
            link = link_repository.load_link(session, link_id)
            require_run(session, link.run_id)
            link_repository.revoke_link(session, link_id, self._clock.now())
            note(session, principal, "link.revoked", object_id=link_id, name=link.file_name)
            return link_repository.load_link(session, link_id)

    def list(self, principal: Principal, run_id: UUID) -> tuple[Link, ...]:
        """Return the newest links to the files of a run."""
        require(principal, Permission.MANAGE_EXPORTS)
        with self._database.person(principal) as session:
            require_run(session, run_id)
            return link_repository.list_links(session, run_id=run_id)

    def history(self, principal: Principal, link_id: UUID) -> LinkHistory:
        """Return a link and the tries to use it; raises NotFound."""
        require(principal, Permission.MANAGE_EXPORTS)
        with self._database.person(principal) as session:
            link = link_repository.load_link(session, link_id)
            require_run(session, link.run_id)
            return LinkHistory(link=link, uses=link_repository.list_uses(session, link_id))

    def _terms(self, valid_for: timedelta | None, max_uses: int | None, recipient: str | None) -> LinkTerms:
        lasts = self._valid_for if valid_for is None else valid_for
        if not timedelta(0) < lasts <= LINK_VALID_AT_MOST:
            raise InvalidInput(f"A link is valid for up to {LINK_VALID_AT_MOST.days} days.", place="valid_for")
        if max_uses is not None and not 1 <= max_uses <= MOST_USES:
            raise InvalidInput(f"A link can be used from 1 to {MOST_USES:,} times.", place="max_uses")
        try:
            address = None if recipient is None else parse_email(recipient)
        except InvalidAddress as error:
            raise InvalidAddress(error.user_message, place="recipient") from error
        return LinkTerms(expires_at=self._clock.now() + lasts, max_uses=max_uses, recipient=address)


def _insert(session: Session, principal: Principal, artifact_id: UUID, terms: LinkTerms) -> MintedLink:
    token = new_token()
    link_id = link_repository.insert_link(
        session,
        organization_id=principal.organization_id,
        artifact_id=artifact_id,
        token_sha256=token_sha256(token),
        terms=terms,
        created_by=principal.user_id,
    )
    told = {"until": terms.expires_at, "for": terms.recipient, "file": artifact_id}
    note(session, principal, "link.made", object_id=link_id, after=told)
    return MintedLink(id=link_id, path=f"/d/{token}", expires_at=terms.expires_at)
