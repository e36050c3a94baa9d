"""What a link answers to whoever has it: its file, or why not. Each try is recorded, and policy is asked again."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import may_ask
from core.artifacts.store import ArtifactStore
from core.clock import Clock
from core.db import (
    artifact_repository,
    audit_repository,
    dashboard_repository,
    dataset_repository,
    link_repository,
    member_repository,
    run_repository,
)
from core.db.database import Database, name_nobody, name_person
from core.db.visibility import require_run
from core.deliver.channel import Channel
from core.deliver.notice_mail import NoticeLine, NoticeMail, compose_notice
from core.domain.access import Permission, Principal
from core.domain.artifact import Artifact
from core.domain.audit import AuditEvent
from core.domain.dashboard_json import parse_question
from core.domain.link import Link, LinkResult, LinkUse
from core.errors import DeliveryDeferred, InvalidInput, NotAllowed, NotFound, TooManyRequests
from core.runs.notices import Told, send_notice
from core.runs.places import Places
from core.runs.seeing import sees_as_much
from core.secrets import token_sha256
from core.services.stored_files import open_stored

#: A download that broke off goes on without counting again for this long, from the same network.
GOES_ON_FOR = timedelta(hours=1)
#: A try that was refused is recorded once in this time for a network, so that nobody fills the table.
_SAID_AGAIN_AFTER = timedelta(minutes=1)
CODE_VALID_FOR = timedelta(minutes=10)
CODE_EVERY = timedelta(minutes=1)
#: Fifty guesses at a million codes in a link's life.
MOST_CODES, MOST_TRIES = 10, 5
#: After the right code a browser may download for this long.
PASS_VALID_FOR = timedelta(minutes=30)

UNKNOWN = "This link has expired or never was. Ask its sender for a new one."
_CLOSED = {
    LinkResult.REVOKED: "This link was taken back. Ask its sender for a new one.",
    LinkResult.EXPIRED: "This link has expired. Ask its sender for a new one.",
    LinkResult.USED_UP: "This link was used as often as it may be. Ask its sender for a new one.",
    LinkResult.NOT_ALLOWED: "This link is closed: whoever made it may not open the file any more.",
}
_FOR_ONE = "This file is for one person. Ask for a code; it is mailed to them."
_WRONG_CODE = "This is not the code of the newest mail, or its time is over. Look again, or ask for a new one."
_ENOUGH_CODES = "No more codes are sent for this link. Ask its sender for a new one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request for the file behind a link."""

    network: str  #: where it comes from, shortened
    goes_on: Callable[[Artifact], bool] = lambda _artifact: False  #: whether it asks for a later part of a file
    counts: bool = True  #: bytes go out; False for a look at the head only
    pass_token: str | None = None  #: what a browser got for the right code


class LinkOpening:
    """Opens links for people who are not signed in."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        stores: Mapping[str, ArtifactStore],
        channel: Channel,
        places: Places,
        key: str,
        base_url: str,
    ) -> None:
        """`key` signs codes and passes; `channel` mails the codes."""
        self._database = database
        self._clock = clock
        self._stores = stores
        self._channel = channel
        self._places = places
        self._key = key.encode()
        self._base_url = base_url

    def open(self, token: str, visit: Visit) -> tuple[Artifact, BinaryIO]:
        """Return the file and its bytes; raises NotFound in words for a link that opens nothing.

        Raises NotAllowed where the link is for one person and the visit shows no pass.
        """
        organization_id, now = self._organization(token), self._clock.now()
        with self._database.organization(organization_id) as session:
            link = _found(session, token)
            artifact = artifact_repository.load_artifact(session, link.artifact_id)
            goes_on = visit.goes_on(artifact) and link_repository.used_since(
                session, link.id, network=visit.network, results=(LinkResult.OPENED,), at=now - GOES_ON_FOR
            )
            result = _why_closed(session, link, now, goes_on=goes_on)
            if result is None and not self._has_pass(link, visit, now):
                raise NotAllowed(_FOR_ONE)
            if result is None and artifact.removed_in_words is not None:
                result = LinkResult.REMOVED
            opened = LinkResult.RESUMED if goes_on else LinkResult.OPENED
            self._record(session, link, visit, result or opened, now)
        if result in _CLOSED:
            raise NotFound(_CLOSED[result])
        return artifact, open_stored(self._stores, artifact)

    def recipient_of(self, token: str) -> str:
        """Return whom the code goes to, so that they know it and nobody learns it: "a…@example.com"."""
        with self._database.organization(self._organization(token)) as session:
            local, _, domain = (_found(session, token).terms.recipient or "").rpartition("@")
        return f"{local[:1]}…@{domain}" if domain else ""

    def send_code(self, token: str, *, network: str) -> None:
        """Mail a new code to the person a link is for; raises NotFound, InvalidInput, TooManyRequests."""
        organization_id, now = self._organization(token), self._clock.now()
        code = f"{secrets.randbelow(1_000_000):06d}"
        with self._database.organization(organization_id) as session:
            link = self._for_one(session, token, now)
            before = link_repository.load_code(session, link.id)
            if before.sent >= MOST_CODES:
                raise InvalidInput(_ENOUGH_CODES)
            if before.sent_at is not None and now < before.sent_at + CODE_EVERY:
                raise TooManyRequests(retry_after_s=max(1, round((before.sent_at + CODE_EVERY - now).total_seconds())))
            link_repository.set_code(
                session, link.id, sha256=self._signed(f"{link.id}:{code}"), until=now + CODE_VALID_FOR, at=now
            )
            self._record(session, link, Visit(network=network), LinkResult.CODE_SENT, now)
        mail = _code_mail(link, code, f"{self._base_url}/d/{token}")
        message = compose_notice(mail, reference=f"link-code:{link.id}:{before.sent + 1}", made_at=now)
        place = self._places.find(organization_id, self._channel, None)
        if send_notice(self._channel, message, link.terms.recipient or "", place) is not Told.SENT:
            raise DeliveryDeferred("The code could not be mailed. Try again in a few minutes.")

    def check_code(self, token: str, code: str, *, network: str) -> str:
        """Return a pass for whoever gives the code of the newest mail; raises InvalidInput after recording the try."""
        organization_id, now = self._organization(token), self._clock.now()
        with self._database.organization(organization_id) as session:
            link = self._for_one(session, token, now)
            sent = link_repository.load_code(session, link.id)
            is_good = sent.until is not None and now < sent.until and sent.tries < MOST_TRIES
            given = self._signed(f"{link.id}:{code.strip()}")
            if is_good and hmac.compare_digest(given, sent.sha256 or ""):
                link_repository.end_code(session, link.id)
                until = int((now + PASS_VALID_FOR).timestamp())
                return f"{until}.{self._signed(f'pass:{link.id}:{until}')}"
            link_repository.count_wrong_code(session, link.id)
            self._record(session, link, Visit(network=network), LinkResult.CODE_WRONG, now)
        raise InvalidInput(_WRONG_CODE, place="code")

    def _organization(self, token: str) -> UUID:
        with self._database.installation() as session:
            found = link_repository.organization_of_link(session, token_sha256(token))
        if found is None:
            raise NotFound(UNKNOWN)
        return found

    def _for_one(self, session: Session, token: str, now: datetime) -> Link:
        link = _found(session, token)
        closed = link.closed(now)
        if closed is not None or link.terms.recipient is None:
            raise NotFound(UNKNOWN if closed is None else _CLOSED[closed])
        return link

    def _record(self, session: Session, link: Link, visit: Visit, result: LinkResult, now: datetime) -> None:
        """Every use; of what is only repeated, one a minute."""
        if result in (LinkResult.OPENED, LinkResult.RESUMED) and not visit.counts:
            return
        if result not in (
            LinkResult.OPENED,
            LinkResult.CODE_SENT,
            LinkResult.CODE_WRONG,
        ) and link_repository.used_since(
            session, link.id, network=visit.network, results=(result,), at=now - _SAID_AGAIN_AFTER
        ):
            return
        link_repository.add_use(session, link, LinkUse(at=now, network=visit.network, result=result))
        if result is LinkResult.OPENED:
            audit_repository.record(session, link.organization_id, _opened(link, visit), at=now)

    def _has_pass(self, link: Link, visit: Visit, now: datetime) -> bool:
        if link.terms.recipient is None:
            return True
        until, _, signed = (visit.pass_token or "").partition(".")
        if not until.isdecimal() or len(until) > 12 or int(until) <= now.timestamp():
            return False
        return hmac.compare_digest(signed.encode(), self._signed(f"pass:{link.id}:{until}").encode())

    def _signed(self, text: str) -> str:
        """A plain hash of six digits could be turned around."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def _found(session: Session, token: str) -> Link:
    link = link_repository.find_link(session, token_sha256(token), lock=True)
    if link is None:
        raise NotFound(UNKNOWN)
    return link


def _why_closed(session: Session, link: Link, now: datetime, *, goes_on: bool) -> LinkResult | None:
    """Why a link opens nothing, or None. A download that goes on was counted when it began."""
    closed = link.closed(now)
    if closed is LinkResult.USED_UP and goes_on:
        closed = None
    return LinkResult.NOT_ALLOWED if closed is None and not _may_still(session, link) else closed


def _may_still(session: Session, link: Link) -> bool:
    """Whether the one who made the link is here and may open the file themselves now."""
    if link.created_by is None:
        return False
    principal = member_repository.member_principal(session, link.organization_id, link.created_by)
    if principal is None or not principal.may(Permission.MANAGE_EXPORTS):
        return False
    if not _sees_run(session, principal, link.run_id):
        return False
    run = run_repository.load_ledger_run(session, link.run_id)
    if not sees_as_much(session, principal, run):
        return False
    definition = run.definition
    question = parse_question(definition)
    if question is not None:
        asked = dashboard_repository.dataset_ids(session, question.content.report_ids)
        return all(may_ask(principal, dataset_repository.load_one_dataset(session, one)) for one in asked)
    try:
        dataset = dataset_repository.load_one_dataset(session, UUID(str(definition["dataset_id"])))
    except (NotFound, KeyError, ValueError):
        return True  # the dataset was taken away since; its files stay
    return may_ask(principal, dataset)


def _sees_run(session: Session, principal: Principal, run_id: UUID) -> bool:
    """Whether what the run was made of is still shared with a person."""
    name_person(session, principal)
    try:
        require_run(session, run_id)
    except NotFound:
        return False
    finally:
        name_nobody(session)
    return True


def _code_mail(link: Link, code: str, url: str) -> NoticeMail:
    return NoticeMail(
        subject=f"{code} is your code",
        title="Your code",
        lines=(NoticeLine(sentence=f"{code} is your code for {link.file_name}.", link=url, link_text="Open the file"),),
        why=f"Give it on the page where you asked for it, within {CODE_VALID_FOR.seconds // 60} minutes.",
        footer="Somebody who has a link to this file asked for the code. If that was not you, leave it unused.",
    )


def _opened(link: Link, visit: Visit) -> AuditEvent:
    return AuditEvent(
        actor_id=None,
        actor=link.terms.recipient or "Whoever has the link",
        action="link.opened",
        kind="link",
        object_id=link.id,
        object_name=link.file_name,
        after={"network": visit.network, "file": link.artifact_id},
    )
