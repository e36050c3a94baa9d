"""A workspace as files: read in one look, planned by trying, and applied all or nothing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from core.access.policy import require
from core.db.database import Database
from core.db.joined import JoinedDatabase
from core.domain.access import Permission, Principal
from core.errors import Conflict
from core.services.as_code.applying import Applying
from core.services.as_code.desk import Desk, Tools
from core.services.as_code.folder import FolderContent
from core.services.as_code.names import Names
from core.services.as_code.plan import Plan
from core.services.as_code.schemas import schema_files
from core.services.as_code.snapshot import read_workspace

_NEEDED = (
    Permission.MANAGE_CATALOG,
    Permission.MANAGE_MEMBERS,
    Permission.MANAGE_SCHEDULES,
    Permission.EDIT_REPORTS,
)


class _NotKeptError(Exception):
    """Ends a transaction that was only tried, or that has problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dumped:
    """The files of a workspace by path, and what no file can say."""

    files: Mapping[str, str]
    left_out: tuple[str, ...]


class WorkspaceFiles:
    """What people do with a workspace as files. It takes who may look after all of it."""

    def __init__(
        self, database: Database, tools: Callable[[JoinedDatabase], Tools], *, environment: Mapping[str, str]
    ) -> None:
        """`tools` makes services on one transaction; `environment`: where secrets are taken from."""
        self._database = database
        self._tools = tools
        self._environment = environment

    def dump(self, principal: Principal) -> Dumped:
        """Return the files, the JSON Schemas for editors among them; all of it as it was at one moment."""
        with self._desk(principal, at_one_moment=True) as desk:
            snapshot = read_workspace(desk)
        return Dumped(files={**snapshot.files(), **schema_files()}, left_out=snapshot.left_out)

    def plan(self, principal: Principal, content: FolderContent, *, with_removal: bool = False) -> Plan:
        """Return what applying would do, found out by doing it and undoing it. Sources are asked, nothing is sent."""
        return self._run(principal, content, with_removal=with_removal, is_kept=lambda _: False)

    def apply(
        self, principal: Principal, content: FolderContent, *, with_removal: bool = False, expected: Plan | None = None
    ) -> Plan:
        """Make the workspace what the files say, or, where the plan has problems, leave it as it is.

        Raises Conflict where what would be done is no longer what was `expected`.
        """

        def is_kept(plan: Plan) -> bool:
            if expected is not None and not plan.problems and plan != expected:
                raise Conflict("The workspace changed since the plan was made. Nothing was applied; plan again.")
            return not plan.problems

        return self._run(principal, content, with_removal=with_removal, is_kept=is_kept)

    def _run(
        self, principal: Principal, content: FolderContent, *, with_removal: bool, is_kept: Callable[[Plan], bool]
    ) -> Plan:
        plan = Plan()
        try:
            with self._desk(principal) as desk:
                applying = Applying(desk=desk, with_removal=with_removal)
                plan = applying.run(content.documents, content.problems)
                if not is_kept(plan):
                    raise _NotKeptError
        except _NotKeptError:
            pass
        return plan

    @contextmanager
    def _desk(self, principal: Principal, *, at_one_moment: bool = False) -> Iterator[Desk]:
        """A transaction with everything on it; it is kept unless an error leaves this block."""
        for permission in _NEEDED:
            require(principal, permission)
        with self._database.installation() as session:
            if at_one_moment:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            tools = self._tools(JoinedDatabase(session))
            yield Desk(tools=tools, principal=principal, environment=self._environment, names=Names())
