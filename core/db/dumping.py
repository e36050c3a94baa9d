"""A whole database as a file and back: PostgreSQL's own programs, from the wheel where it is installed.

The schema carries no grants: roles belong to an installation, and a start gives its own role what it needs. Row-level
security stays on while a dump is written, because the owner's policies show every row; that is checked first.
"""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL

from core.db.cluster import program, server_environment
from core.db.schema import known_revisions
from core.errors import DatabaseUnavailable, InvalidInput

#: Rows of a table that hides some of them from its own owner would be missing from a dump without a word.
_HIDDEN = """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity
        AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = current_user AND (r.rolsuper OR r.rolbypassrls))
        AND NOT EXISTS (
            SELECT FROM pg_policy p
            WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('*', 'r')
                AND pg_get_expr(p.polqual, p.polrelid) = 'true'
                AND (SELECT oid FROM pg_roles WHERE rolname = current_user) = ANY (p.polroles))
    ORDER BY 1
"""
#: Without grants in the dump these would answer everybody who may connect.
_CLOSE_FUNCTIONS = """
    DO $$
    DECLARE function regprocedure;
    BEGIN
        FOR function IN
            SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
        LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', function);
        END LOOP;
    END;
    $$
"""
_TABLES = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
#: A policy names the role it was made for.
_POLICY = re.compile(rb"^(CREATE POLICY .+ TO )(\"(?:[^\"]|\"\")+\"|[a-z_][a-z0-9_$]*)( USING| WITH|;)")
_SECTIONS = ("pre-data", "data", "post-data")
_LAST_WORDS = 600


def dump_database(owner: URL, target: Path) -> str:
    """Write everything in the database to `target`, as of one moment; returns the revision of its schema.

    Raises DatabaseUnavailable, and InvalidInput where the database holds nothing of ours or hides rows.
    """
    with _connect(owner) as connection:
        if connection.execute("SELECT to_regclass('public.alembic_version')").fetchone() == (None,):
            raise InvalidInput("The database is empty: there is nothing to back up.")
        hidden = [row[0] for row in connection.execute(_HIDDEN)]
        revision = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
    if hidden or revision is None:
        raise InvalidInput(f"The owner's role does not see every row of {', '.join(map(str, hidden))}.")
    options = ("--format=custom", "--no-owner", "--no-privileges", "--enable-row-security", "--schema=public")
    _run([_program("pg_dump"), *options, f"--file={target}", f"--dbname={_place(owner)}"], owner)
    return str(revision[0])


def load_database(owner: URL, source: Path, *, revision: str) -> None:
    """Load a dump into an empty database, wholly or not at all. Raises InvalidInput and DatabaseUnavailable."""
    if revision not in known_revisions():
        raise InvalidInput(f"The backup was made by a newer version of Broadsheet (schema {revision}). Update first.")
    check_empty(owner)
    command = [_program("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    with subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
        [*command, "--output=/dev/null", f"--dbname={_place(owner)}"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(owner),
    ) as psql:
        try:
            for line in _script(source):
                psql.stdin.write(line)  # type: ignore[union-attr]
        except BrokenPipeError:
            pass  # psql says why on its way out
        except BaseException:
            psql.kill()  # before the end of its input, so that it does not commit a part
            with contextlib.suppress(BrokenPipeError):
                psql.stdin.close()  # type: ignore[union-attr]
            raise
        said = psql.communicate()[1]
    if psql.returncode != 0:
        raise DatabaseUnavailable(f"The database could not be loaded: {_last_words(said)}")


def close_functions(owner: URL) -> None:
    """Take from everybody what the functions that see all organizations answer; a start grants its own role."""
    with _connect(owner) as connection:
        connection.execute(_CLOSE_FUNCTIONS)
        connection.commit()


def check_empty(owner: URL) -> None:
    """Raise InvalidInput unless the database holds no table."""
    with _connect(owner) as connection:
        if connection.execute(_TABLES).fetchone() != (0,):
            raise InvalidInput("The database is not empty. Restore into a new one: nothing is ever overwritten.")


def _script(source: Path) -> Iterator[bytes]:
    """The dump as SQL, line by line; its policies are made for whoever restores it."""
    for section in _SECTIONS:
        with subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
            [_program("pg_restore"), "--no-owner", "--no-privileges", f"--section={section}", "--file=-", str(source)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=server_environment(),
        ) as reading:
            assert reading.stdout is not None  # noqa: S101 - it is a pipe
            for line in reading.stdout:
                if line.startswith(b"CREATE SCHEMA public;"):
                    continue
                yield _POLICY.sub(rb"\1CURRENT_USER\3", line) if section == "post-data" else line
            said = b"" if reading.stderr is None else reading.stderr.read()
        if reading.returncode != 0:
            raise InvalidInput(f"The dump in the backup cannot be read: {_last_words(said)}")


def _run(command: list[str], owner: URL) -> None:
    done = subprocess.run(command, env=_environment(owner), capture_output=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise DatabaseUnavailable(f"{Path(command[0]).name} failed: {_last_words(done.stderr)}")


def _program(name: str) -> str:
    """The wheel's program, else the machine's; it must not be older than the server."""
    try:
        path = program(name)
    except DatabaseUnavailable:
        path = Path("/nonexistent")
    found = str(path) if os.access(path, os.X_OK) else shutil.which(name)
    if found is None:
        raise DatabaseUnavailable(
            f"There is no {name} here. Install PostgreSQL's client programs, or requirements.txt."
        )
    return found


def _place(url: URL) -> str:
    """How the programs are told where to go: everything but the password, which others could see there."""
    return _conninfo(url, but="password")


def _conninfo(url: URL, *, but: str = "") -> str:
    arguments = url.translate_connect_args(username="user", database="dbname")
    options = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
    return make_conninfo(**{name: value for name, value in (arguments | options).items() if name != but})


def _environment(url: URL) -> dict[str, str]:
    home = {"HOME": os.environ["HOME"]} if "HOME" in os.environ else {}
    return server_environment() | home | {"PGPASSWORD": str(url.password or ""), "PGCLIENTENCODING": "UTF8"}


def _connect(url: URL) -> "psycopg.Connection[tuple[object, ...]]":
    try:
        return psycopg.connect(_conninfo(url))
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(f"DATABASE_URL: the database cannot be reached: {error}") from error


def _last_words(said: bytes) -> str:
    return " ".join(said.decode(errors="replace").split())[-_LAST_WORDS:] or "it said nothing"
