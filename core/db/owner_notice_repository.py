"""News for the owners of schedules and those who wait for a report: noted once, sent until it is told."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.member_repository import administrators, has_owner
from core.db.tables import OrganizationRow, OwnerNoticeRow, RunRow, ScheduleRow, UserRow
from core.domain.notice import NoticeKind
from core.domain.run import RunState

#: Pieces of news that one process takes at a time.
_BATCH = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A piece of news for one person. Under a `key` they are told once."""

    user_id: UUID
    kind: NoticeKind
    key: str
    about: str  #: name of the schedule or title of the report
    reason: str  #: what happened and the way to mend it, in plain words
    schedule_id: UUID | None = None
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UntoldNews:
    """A piece of news that this process is to tell."""

    mail_id: UUID
    kind: NoticeKind
    email: str
    organization: str
    about: str
    reason: str
    schedule_id: UUID | None
    run_id: UUID | None
    found_at: datetime
    attempt: int
    is_moot: bool  #: nobody needs to hear it any more


def insert_news(
    session: Session, organization_id: UUID, news: Iterable[News], *, at: datetime, due: datetime | None = None
) -> None:
    """Note news, to be told at `due`, else now; what was noted under its key before stays as it is.

    A service account has no mailbox: what is its news is told to those who look after the organization's people.
    """
    rows = [
        {
            **asdict(one),
            "kind": str(one.kind),
            "organization_id": organization_id,
            "found_at": at,
            "next_attempt_at": due or at,
        }
        for one in _for_people(session, organization_id, tuple(news))
    ]
    if rows:
        session.execute(postgresql.insert(OwnerNoticeRow).on_conflict_do_nothing(), rows)


def tell_owner(session: Session, run_id: UUID, kind: NoticeKind, reason: str, *, at: datetime) -> None:
    """Note news of a scheduled run for its schedule's owner, in the transaction that makes it so; once a run and kind.

    A run without a schedule has nobody to tell.
    """
    row = session.execute(
        select(RunRow.organization_id, ScheduleRow.id, ScheduleRow.name, ScheduleRow.owner_id)
        .join(ScheduleRow, ScheduleRow.id == RunRow.schedule_id)
        .where(RunRow.id == run_id)
    ).first()
    if row is None:
        return
    news = News(
        user_id=row.owner_id,
        kind=kind,
        key=f"{kind}:{run_id}",
        about=row.name,
        reason=reason,
        schedule_id=row.id,
        run_id=run_id,
    )
    insert_news(session, row.organization_id, [news], at=at)


def claim_news(session: Session, now: datetime, *, again_at: datetime) -> tuple[UntoldNews, ...]:
    """Take the organization's news that is due until `again_at`, by mail; other processes pass over it.

    News of one kind for one person goes into one mail. Which mail that is is decided once, so that one sent again
    after a crash says the same under the same Message-ID.
    """
    due = session.execute(
        select(OwnerNoticeRow.id, OwnerNoticeRow.user_id, OwnerNoticeRow.kind, OwnerNoticeRow.mail_id)
        .where(OwnerNoticeRow.told_at.is_(None), OwnerNoticeRow.next_attempt_at <= now)
        .order_by(OwnerNoticeRow.found_at, OwnerNoticeRow.id)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    new: dict[tuple[UUID, str], UUID] = {}
    by_mail: dict[UUID, list[UUID]] = {}
    for row in due:
        mail_id = row.mail_id or new.setdefault((row.user_id, row.kind), uuid4())
        by_mail.setdefault(mail_id, []).append(row.id)
    for mail_id, ids in by_mail.items():
        session.execute(
            update(OwnerNoticeRow)
            .where(OwnerNoticeRow.id.in_(ids))
            .values(mail_id=mail_id, attempt=OwnerNoticeRow.attempt + 1, next_attempt_at=again_at)
        )
    return _load(session, [row.id for row in due])


def mark_told(session: Session, mail_id: UUID, at: datetime) -> None:
    """Note that a mail went out, on the schedules whose failure it told as well."""
    told = session.execute(
        update(OwnerNoticeRow)
        .where(OwnerNoticeRow.mail_id == mail_id)
        .values(told_at=at, next_attempt_at=None)
        .returning(OwnerNoticeRow.kind, OwnerNoticeRow.schedule_id)
    ).all()
    failed = [row.schedule_id for row in told if row.kind == NoticeKind.FAILED]
    if failed:
        session.execute(
            update(ScheduleRow)
            .where(ScheduleRow.id.in_(failed), ScheduleRow.failing_since.is_not(None))
            .values(failure_told_at=at)
        )


def put_off(session: Session, mail_id: UUID, again_at: datetime | None) -> None:
    """Write again later; None: never."""
    session.execute(update(OwnerNoticeRow).where(OwnerNoticeRow.mail_id == mail_id).values(next_attempt_at=again_at))


def forget_news(session: Session, before: datetime) -> None:
    """Forget what was told, or given up, before an instant; needs no organization context."""
    session.execute(text("SELECT forget_owner_notices(:before)"), {"before": before})


def _for_people(session: Session, organization_id: UUID, news: Sequence[News]) -> Iterator[News]:
    whom = {one.user_id for one in news}
    programs = set(session.execute(select(UserRow.id).where(UserRow.id.in_(whom), UserRow.is_service)).scalars())
    people = administrators(session, organization_id) if programs else ()
    for one in news:
        yield from (replace(one, user_id=person) for person in people) if one.user_id in programs else (one,)


def _load(session: Session, ids: list[UUID]) -> tuple[UntoldNews, ...]:
    rows = session.execute(
        select(
            OwnerNoticeRow.mail_id,
            OwnerNoticeRow.kind,
            UserRow.email,
            OrganizationRow.name.label("organization"),
            OwnerNoticeRow.about,
            OwnerNoticeRow.reason,
            OwnerNoticeRow.schedule_id,
            OwnerNoticeRow.run_id,
            OwnerNoticeRow.found_at,
            OwnerNoticeRow.attempt,
            has_owner(OwnerNoticeRow.user_id, OwnerNoticeRow.organization_id).label("is_here"),
            RunRow.state,
        )
        .join(OrganizationRow, OrganizationRow.id == OwnerNoticeRow.organization_id)
        .join(UserRow, UserRow.id == OwnerNoticeRow.user_id)
        .outerjoin(RunRow, RunRow.id == OwnerNoticeRow.run_id)
        .where(OwnerNoticeRow.id.in_(ids))
        .order_by(OwnerNoticeRow.mail_id, OwnerNoticeRow.about, OwnerNoticeRow.id)
    ).mappings()
    return tuple(_untold({**row}) for row in rows)


def _untold(row: dict[str, object]) -> UntoldNews:
    """A mail put off may come too late: the report is made by now, or somebody approved it."""
    kind, is_here, state = NoticeKind(str(row.pop("kind"))), row.pop("is_here"), row.pop("state")
    is_over = {
        NoticeKind.SLOW: state is not None and RunState(str(state)).is_final,
        NoticeKind.HELD: state != RunState.HELD,
    }.get(kind, False)
    return UntoldNews(kind=kind, is_moot=is_over or not is_here, **row)  # type: ignore[arg-type]
