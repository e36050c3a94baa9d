"""Links to a run's files for messages that do not carry them: the same on every attempt, stored by their hash only."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import link_repository
from core.db.database import Database
from core.domain.delivery import FileLink, MessageFile
from core.domain.link import LinkTerms
from core.secrets import token_sha256

#: How long a link in a message opens its file, where the settings say nothing else.
VALID_FOR = timedelta(days=7)
#: A link of which less of its time is left is not sent out again by a late attempt.
_LEAST_LEFT = 5 / 7


class FileLinks:
    """Makes links. A token is derived from the installation's key, so that a repeated message holds the same one."""

    def __init__(
        self, database: Database, clock: Clock, *, key: str, base_url: str, valid_for: timedelta = VALID_FOR
    ) -> None:
        self._valid_for = valid_for
        self._database = database
        self._clock = clock
        self._key = key.encode()
        self._base_url = base_url

    def mint(
        self, organization_id: UUID, files: Sequence[MessageFile], *, reference: str, created_by: UUID | None
    ) -> tuple[FileLink, ...]:
        """Return a link to each file that is one of a run."""
        if not files:
            return ()
        links = []
        with self._database.organization(organization_id) as session:
            for file in files:
                if file.artifact_id is not None:
                    token, expires_at = self._hold(session, organization_id, file.artifact_id, reference, created_by)
                    links.append(FileLink(file=file, url=f"{self._base_url}/d/{token}", expires_at=expires_at))
        return tuple(links)

    def _hold(
        self, session: Session, organization_id: UUID, artifact_id: UUID, reference: str, created_by: UUID | None
    ) -> tuple[str, datetime]:
        """The first token that still opens the file for long enough; a revoked one stays revoked."""
        now = self._clock.now()
        for number in count():
            token = self._token(reference, artifact_id, number)
            known = link_repository.find_link(session, token_sha256(token))
            if known is None:
                link_repository.insert_link(
                    session,
                    organization_id=organization_id,
                    artifact_id=artifact_id,
                    token_sha256=token_sha256(token),
                    terms=LinkTerms(expires_at=now + self._valid_for),
                    created_by=created_by,
                    reference=reference,
                )
                return token, now + self._valid_for
            expires_at = known.terms.expires_at
            if known.revoked_at is None and expires_at >= now + self._valid_for * _LEAST_LEFT:
                return token, expires_at
        raise AssertionError("there is always a next number")

    def _token(self, reference: str, artifact_id: UUID, number: int) -> str:
        return hmac.new(self._key, f"{reference}:{artifact_id}:{number}".encode(), hashlib.sha256).hexdigest()
