"""What the database's owner does, once or now and then: migrate, make the demo workspace, add people."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.access.password_rule import PasswordRule
from core.clock import Clock, SystemClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls, check_app_login, find_urls, migrate_database, prepare_database
from core.domain.audit_chain import ChainState
from core.errors import SettingError
from core.secrets import app_role_password, derive, load_secret_key
from core.services import audit, key_rotation, people
from core.services.demo_workspace import FirstSignIn, ensure_demo_workspace, ensure_first_workspace
from core.services.people import AddedUser, Departure, NewUser
from core.services.workspace_activity import ensure_workspace_activity
from core.settings import Settings


def prepare(settings: Settings, clock: Clock | None = None) -> tuple[DatabaseUrls, FirstSignIn | None]:
    """Migrate, and create the first organization where there is none; needs `settings.database_url`."""
    urls = prepare_database(settings, app_password=app_role_password(settings))
    if urls.owner is None:
        return urls, None
    with _connected(urls) as owner:
        sign_in = ensure_first_workspace(owner, settings, clock or SystemClock())
    _complete(urls)
    return urls, sign_in


def migrate(settings: Settings) -> None:
    """Bring the schema and the app role's grants up to date, and nothing else."""
    urls = find_urls(settings, app_password=app_role_password(settings))
    migrate_database(settings, urls)
    check_app_login(urls.app)


def seed_demo(settings: Settings, clock: Clock | None = None) -> FirstSignIn | None:
    """Create the demo workspace, or bring its data up to today and return None where it exists."""
    urls = prepare_database(settings, app_password=app_role_password(settings))
    with _connected(urls) as owner:
        sign_in = ensure_demo_workspace(owner, settings, clock or SystemClock())
    _complete(urls)
    return sign_in


def add_user(settings: Settings, user: NewUser) -> AddedUser:
    """Create an account, or add a known one to one more organization. Raises InvalidInput or Conflict."""
    with _owner(settings) as owner:
        return people.add_user(owner, SystemClock(), user, rule=PasswordRule(settings.breached_passwords))


def remove_user(
    settings: Settings, *, email: str, organization: str | None = None, hand_over_to: str | None = None
) -> Departure:
    """End a membership; schedules are handed over or paused. Raises InvalidInput."""
    with _owner(settings) as owner:
        return people.remove_user(
            owner, SystemClock(), email=email, organization=organization, hand_over_to=hand_over_to
        )


def deactivate_user(settings: Settings, *, email: str, hand_over_to: str | None = None) -> Departure:
    """Close an account everywhere; schedules are handed over or paused. Raises InvalidInput."""
    with _owner(settings) as owner:
        return people.deactivate_user(owner, SystemClock(), email=email, hand_over_to=hand_over_to)


def activate_user(settings: Settings, *, email: str) -> None:
    """Open a closed account again. Raises InvalidInput."""
    with _owner(settings) as owner:
        people.activate_user(owner, SystemClock(), email=email)


def reset_factor(settings: Settings, *, email: str) -> None:
    """Take the second factor of an account away. Raises InvalidInput."""
    with _owner(settings) as owner:
        people.reset_factor(owner, SystemClock(), email=email)


def reset_password(settings: Settings, *, email: str, password: str) -> None:
    """Give an account another password. Raises InvalidInput."""
    rule = PasswordRule(settings.breached_passwords)
    with _owner(settings) as owner:
        people.reset_password(owner, SystemClock(), email=email, password=password, rule=rule)


def verify_audit(settings: Settings, *, organization: str | None = None) -> tuple[ChainState, ...]:
    """Walk the chains of the audit as the app's role. Raises InvalidInput where there is no such organization."""
    app = Database(prepare_database(settings, app_password=app_role_password(settings)).app, pool_size=1)
    try:
        return audit.check_all(app, key=derive(load_secret_key(settings), "audit"), organization=organization)
    finally:
        app.dispose()


def rotate_key(settings: Settings, *, old: str) -> key_rotation.Rotated:
    """Seal everything anew with the key of `settings`. Raises SettingError where something fits neither key."""
    with _owner(settings) as owner:
        return key_rotation.rotate(owner, old=old, new=load_secret_key(settings), files=settings.data_dir / "artifacts")


def _complete(urls: DatabaseUrls) -> None:
    """Give new organizations what every one of them has; as the app's role, which row-level security holds."""
    app = Database(urls.app, pool_size=1)
    try:
        ensure_workspace_activity(app)
    finally:
        app.dispose()


@contextmanager
def _owner(settings: Settings) -> Iterator[Database]:
    """The owner on a database that is up to date."""
    with _connected(prepare_database(settings, app_password=app_role_password(settings))) as owner:
        yield owner


@contextmanager
def _connected(urls: DatabaseUrls) -> Iterator[Database]:
    if urls.owner is None:
        raise SettingError(
            "MIGRATION_DATABASE_URL: DATABASE_URL is the app's own role, which may not do this. "
            "Set it to the owner's URL.",
            place="MIGRATION_DATABASE_URL",
        )
    owner = Database(urls.owner, pool_size=1)
    try:
        yield owner
    finally:
        owner.dispose()
