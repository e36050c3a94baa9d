"""The archive of what went out: lists, details, the mails as their readers saw them, and their very bytes."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from uuid import UUID

from core.access.policy import require
from core.artifacts.store import ArtifactStore
from core.db import artifact_repository, link_repository, sent_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.deliver.sent_copy import put_back
from core.domain.access import Permission, Principal
from core.domain.artifact import Artifact
from core.domain.page import Page
from core.domain.sent import SentCopy, SentDelivery, SentFilter, SentLine, SentMail
from core.errors import ArtifactError, NotFound
from core.runs.outbox import reference_of
from core.runs.seeing import require_files
from core.runs.sent_copies import unseal_content
from core.secrets import SecretBox
from core.services.stored_files import open_stored

EVERYTHING = SentFilter()
_NO_COPY = "Of this delivery no message was kept: its files went out as they are."
#: Links that act on whoever follows them: files that open, subscriptions that end.
_ACTING = re.compile(r"(/(?:d|unsubscribe)/)[A-Za-z0-9_.~-]{16,}", re.ASCII)


class SentService:
    """Reads the archive. Nothing in it changes."""

    def __init__(self, database: Database, *, stores: Mapping[str, ArtifactStore], box: SecretBox) -> None:
        self._database = database
        self._stores = stores
        self._box = box

    def list(
        self, principal: Principal, wanted: SentFilter = EVERYTHING, *, page: int = 1, limit: int = 50
    ) -> Page[SentLine]:
        """Return deliveries, the newest first."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return sent_repository.list_sent(session, wanted, page=page, limit=limit)

    def get(self, principal: Principal, delivery_id: UUID) -> SentDelivery:
        """Return all that is known of one delivery; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            line = sent_repository.load_sent(session, delivery_id)
            require_files(session, principal, line.run_id)
            copy = sent_repository.load_copy(session, delivery_id)
            reference = reference_of(line.run_id, line.channel, line.address, line.destination_id)
            return SentDelivery(
                line=line,
                copy=copy,
                steps=sent_repository.list_steps(session, delivery_id),
                links=link_repository.list_links(session, run_id=line.run_id, reference=reference),
                bounces=sent_repository.list_bounces(session, delivery_id),
            )

    def mail(self, principal: Principal, delivery_id: UUID) -> SentMail:
        """Return a mail as its reader saw it, without what its links open. Raises NotFound where it is no mail."""
        require(principal, Permission.VIEW_REPORTS)
        line, copy, pictures = self._load(principal, delivery_id)
        content = put_back(unseal_content(self._box, copy.content), lambda digest: pictures.get(digest, b""))
        if line.channel != "email" or copy.sha256 is None:
            raise NotFound(_NO_COPY)
        mail = message_from_bytes(content, policy=policy.default)
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        shown = _with_pictures(mail, _text(html))
        return SentMail(
            subject=str(mail["Subject"] or ""),
            to=str(mail["To"] or ""),
            made_at=copy.at,
            text=_ACTING.sub(r"\1…", _text(text)),
            html=_ACTING.sub(r"\1…", shown),
        )

    def original(self, principal: Principal, delivery_id: UUID) -> tuple[SentLine, bytes]:
        """Return the very bytes that went out. Raises NotFound where they are not to be had any more.

        They hold links that open files, so this takes the permission to download.
        """
        require(principal, Permission.MANAGE_EXPORTS)
        line, copy, pictures = self._load(principal, delivery_id)
        if copy.sha256 is None:
            raise NotFound(_NO_COPY)
        with self._database.person(principal) as session:
            note(session, principal, "delivery.downloaded", object_id=delivery_id, name=line.whom)
        content = put_back(unseal_content(self._box, copy.content), self._finder(principal, copy, pictures))
        if hashlib.sha256(content).hexdigest() != copy.sha256:
            raise ArtifactError("What is kept of this message is not what went out any more.")
        return line, content

    def _load(self, principal: Principal, delivery_id: UUID) -> tuple[SentLine, SentCopy, Mapping[str, bytes]]:
        with self._database.person(principal) as session:
            line = sent_repository.load_sent(session, delivery_id)
            copy = sent_repository.load_copy(session, delivery_id)
            if copy is None:
                raise NotFound(_NO_COPY)
            return line, copy, sent_repository.load_parts(session, line.run_id)

    def _finder(self, principal: Principal, copy: SentCopy, pictures: Mapping[str, bytes]) -> Callable[[str], bytes]:
        ids = {file.sha256: file.artifact_id for file in copy.files}

        def find(digest: str) -> bytes:
            if digest in pictures:
                return pictures[digest]
            artifact = self._artifact(principal, ids.get(digest))
            with open_stored(self._stores, artifact) as file:
                return file.read()

        return find

    def _artifact(self, principal: Principal, artifact_id: UUID | None) -> Artifact:
        if artifact_id is None:
            raise NotFound("A file of this message is not kept any more.")
        with self._database.person(principal) as session:
            return artifact_repository.load_artifact(session, artifact_id)


def _text(part: MIMEPart | None) -> str:
    return str(part.get_content()) if part is not None else ""


def _with_pictures(mail: EmailMessage, html: str) -> str:
    """The HTML with its `cid:` pictures written into it."""
    for part in mail.walk():
        content_id = str(part["Content-ID"] or "").strip("<> ")
        payload = part.get_payload(decode=True)
        if content_id and part.get_content_maintype() == "image" and isinstance(payload, bytes):
            data = base64.b64encode(payload).decode("ascii")
            html = html.replace(f"cid:{content_id}", f"data:{part.get_content_type()};base64,{data}")
    return html
