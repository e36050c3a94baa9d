"""The first start: an organization, its administrator, and the demo workspace; and keeping its data fresh."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.password_rule import PasswordRule
from core.access.passwords import generate_password, hash_password
from core.clock import Clock
from core.db import (
    access_repository,
    dashboard_repository,
    dataset_repository,
    report_repository,
    schedule_repository,
    source_repository,
)
from core.db.database import Database
from core.demo import boards
from core.demo.content import demo_datasets, sample_reports, usage_summary
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.relation import TableOrigin
from core.domain.schedule import Cadence, Recipient, ScheduleConfig, ScheduleDraft
from core.errors import InvalidInput, SettingError
from core.schedules.recurrence import next_fire_times
from core.settings import Settings

ORGANIZATION = "Demo workspace"
SOURCE_NAME = "Demo data"
SOURCE_KIND = "duckdb"
TIMEZONE = "America/New_York"
ADMINISTRATOR_ROLE = "installation_admin"
#: Inside DATA_DIR, so that the folder can be moved.
DEMO_FILE = "demo/demo.duckdb"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSignIn:
    """The demo workspace's administrator; `password` only where it was generated, to be shown once."""

    email: str
    password: str | None


def demo_path(settings: Settings) -> Path:
    """Return where the demo data lies."""
    return settings.data_dir / DEMO_FILE


def refresh_demo_data(settings: Settings, clock: Clock) -> bool:
    """Add the days the demo data lacks, as a new file swapped in; returns whether there were any."""
    # The generator brings numpy and DuckDB along, which few processes that know this module need.
    from core.demo.generator import refresh_demo

    path = demo_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    now = clock.now()
    return refresh_demo(path, today=now.date(), until=now)


def ensure_first_workspace(owner: Database, settings: Settings, clock: Clock) -> FirstSignIn | None:
    """Create the demo workspace where there is no organization yet; None where there is one, whatever its name.

    `owner` connects as the database's owner. Two first starts at once take turns on an advisory lock.
    """
    with _one_at_a_time(owner) as session:
        if access_repository.list_organizations(session):
            return None
        refresh_demo_data(settings, clock)
        return _create(session, settings, clock.now())


def ensure_demo_workspace(owner: Database, settings: Settings, clock: Clock) -> FirstSignIn | None:
    """Create the demo workspace beside other organizations too, and bring its data up to today; None where it exists.

    An administrator who can sign in already becomes its member and keeps the password.
    """
    with _one_at_a_time(owner) as session:
        refresh_demo_data(settings, clock)
        if access_repository.find_organization(session, ORGANIZATION) is not None:
            return None
        return _create(session, settings, clock.now())


@contextmanager
def _one_at_a_time(owner: Database) -> Iterator[Session]:
    with owner.installation() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('first start'))"))
        yield session


def _create(session: Session, settings: Settings, now: datetime) -> FirstSignIn:
    organization_id = access_repository.insert_organization(session, ORGANIZATION, TIMEZONE)
    email = settings.admin_email.strip().lower()
    admin_id, password = _ensure_administrator(session, organization_id, settings, email)
    dataset_ids = _create_catalog(session, organization_id)
    report_ids = _create_reports(session, organization_id, admin_id, dataset_ids, settings)
    dashboard_repository.insert_dashboard(
        session,
        organization_id=organization_id,
        owner_id=admin_id,
        name=boards.NAME,
        description=boards.DESCRIPTION,
        content=boards.sample_dashboard(report_ids),
    )
    summary = usage_summary(dataset_ids["product_usage"], settings.row_limit_default)
    _create_usage_summary(session, organization_id, admin_id, summary, email=email, now=now)
    return FirstSignIn(email=email, password=password)


def _ensure_administrator(
    session: Session, organization_id: UUID, settings: Settings, email: str
) -> tuple[UUID, str | None]:
    """Return the administrator and, where one was generated, the password."""
    known = access_repository.find_user(session, email)
    if known is not None:
        access_repository.insert_membership(
            session, organization_id=organization_id, user_id=known, role=ADMINISTRATOR_ROLE
        )
        return known, None
    given = settings.admin_password
    password = given.get_secret_value() if given else generate_password()
    try:
        PasswordRule(settings.breached_passwords).check(password, about=(email,))
    except InvalidInput as error:
        raise SettingError(f"ADMIN_PASSWORD: {error.user_message}", place="ADMIN_PASSWORD") from error
    made = access_repository.insert_user(
        session,
        organization_id=organization_id,
        email=email,
        name="Administrator",
        password_hash=hash_password(password),
        role=ADMINISTRATOR_ROLE,
        timezone=TIMEZONE,
    )
    return made, None if given else password


def _create_catalog(session: Session, organization_id: UUID) -> dict[str, UUID]:
    source_id = source_repository.put_source(
        session, organization_id=organization_id, name=SOURCE_NAME, kind=SOURCE_KIND, connection={"path": DEMO_FILE}
    )
    ids: dict[str, UUID] = {}
    for draft in demo_datasets():
        ids[draft.name] = uuid4()
        dataset_repository.insert_dataset(
            session,
            Dataset(
                id=ids[draft.name],
                organization_id=organization_id,
                source_id=source_id,
                name=draft.name,
                label=draft.label,
                description=draft.description,
                origin=TableOrigin(table_name=draft.table_name),
                fields=draft.fields,
                time_field=draft.time_field,
                row_noun=draft.row_noun,
            ),
        )
    return ids


def _create_reports(
    session: Session, organization_id: UUID, owner_id: UUID, dataset_ids: Mapping[str, UUID], settings: Settings
) -> dict[str, UUID]:
    return {
        sample.name: report_repository.insert_report(
            session,
            organization_id=organization_id,
            owner_id=owner_id,
            name=sample.name,
            description=sample.description,
            definition=sample.definition,
        )
        for sample in sample_reports(dataset_ids, settings.row_limit_default)
    }


def _create_usage_summary(
    session: Session, organization_id: UUID, owner_id: UUID, definition: ReportDefinition, *, email: str, now: datetime
) -> None:
    report_id = report_repository.insert_report(
        session,
        organization_id=organization_id,
        owner_id=owner_id,
        name="Usage Summary",
        description="Who used what in the last seven days, against the seven days before.",
        definition=definition,
    )
    config = ScheduleConfig(cadence=Cadence.WEEKLY, timezone="America/New_York", times=(time(9, 0),), days_of_week=(1,))
    draft = ScheduleDraft(
        name="Usage Summary, every Monday",
        report_id=report_id,
        config=config,
        recipients=(Recipient(channel="email", address=email),),
        formats=("pdf",),
    )
    schedule_repository.insert_schedule(
        session,
        draft,
        organization_id=organization_id,
        owner_id=owner_id,
        next_run_at=next_fire_times(config, after=now, count=1)[0].at,
    )
