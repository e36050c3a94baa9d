"""Making a workspace what files say, thing by thing in one transaction, and saying what that changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from core.db import usage_repository
from core.domain.dataset import Dataset
from core.errors import BroadsheetError, DatabaseUnavailable, InvalidInput
from core.query.validate import validate_definition
from core.services.as_code.checking import Checked, Wanted, check_documents
from core.services.as_code.desk import Desk
from core.services.as_code.differences import differences, is_same
from core.services.as_code.folder import Document, Problem
from core.services.as_code.kind import DATASETS, NOUNS
from core.services.as_code.kinds import FOLDERS, KINDS
from core.services.as_code.plan import Action, Change, Plan
from core.services.as_code.snapshot import Thing, read_workspace


class _SameError(Exception):
    """Saving changed nothing that a file could say."""


@dataclass(slots=True, kw_only=True)
class Applying:
    """One go at a workspace. Whoever began the transaction decides whether what was done stays."""

    desk: Desk
    with_removal: bool
    _changes: list[Change] = field(default_factory=list)
    _problems: list[Problem] = field(default_factory=list)
    _unchanged: int = 0
    _datasets: list[tuple[Wanted, Dataset]] = field(default_factory=list)

    def run(self, documents: Iterable[Document], problems: Iterable[Problem] = ()) -> Plan:
        """Try everything, so that all problems are known at once; `problems` are those of files that cannot be read."""
        checked = check_documents(self.desk, read_workspace(self.desk), documents)
        self._problems += [*problems, *checked.problems]
        for kind in KINDS:
            for wanted in checked.wanted:
                if wanted.document.folder == kind.folder:
                    self._put(wanted)
        for wanted, before in self._datasets:
            self._problems += self._broken(wanted, before)
        left = self._removed(checked)
        return Plan(
            changes=tuple(self._changes),
            unchanged=self._unchanged,
            only_here=left,
            problems=tuple(sorted(self._problems, key=lambda one: (one.file, one.line, one.place))),
        )

    def _put(self, wanted: Wanted) -> None:
        """Make one thing what its file says. What stands on something that failed is not tried."""
        slot = wanted.slot
        slot.is_lost = slot.is_lost or any(other.is_lost for other in wanted.stands_on)
        if slot.is_lost:
            return
        try:
            self._try(wanted)
        except _SameError:
            self._unchanged += 1
        except DatabaseUnavailable:
            raise
        except BroadsheetError as error:
            slot.is_lost = True
            message = error.user_message.removeprefix(f"{error.place}: ")
            self._problems.append(wanted.document.problem(error.place, message))

    def _try(self, wanted: Wanted) -> None:
        kind, data, there = FOLDERS[wanted.document.folder], wanted.document.read.data, wanted.there
        secrets = () if there is None else kind.secrets_changed(self.desk, data, there.id)
        if there is not None and not secrets and is_same(data, there.data):
            raise _SameError
        with self.desk.tools.database.attempt():
            before = self._dataset(wanted)
            made = kind.put(self.desk, data, None if there is None else there.id)
            wanted.slot.id = made
            after = kind.read(self.desk, made)
            if there is not None and not secrets and is_same(after, there.data):
                raise _SameError
        if before is not None:
            self._datasets.append((wanted, before))
        said = (
            ()
            if there is None
            else (*differences(there.data, after), *(f"secrets.{name}: another one" for name in secrets))
        )
        self._changes.append(
            Change(
                action=Action.CREATE if there is None else Action.CHANGE,
                kind=NOUNS[wanted.document.folder],
                name=wanted.slot.name,
                file=wanted.document.path,
                differences=said,
            )
        )

    def _dataset(self, wanted: Wanted) -> Dataset | None:
        if wanted.document.folder != DATASETS or wanted.there is None:
            return None
        return self.desk.tools.catalog.dataset_as_made(self.desk.principal, wanted.there.id)

    def _broken(self, wanted: Wanted, before: Dataset) -> Iterator[Problem]:
        """The reports that a dataset's change breaks, now that those in the files have changed as well."""
        after = self.desk.tools.catalog.dataset_as_made(self.desk.principal, before.id)
        with self.desk.tools.database.organization(self.desk.principal.organization_id) as session:
            reports = usage_repository.reports_on(session, before.id)
        for report in reports:
            try:
                validate_definition(report.definition, before)
            except InvalidInput:
                continue
            try:
                validate_definition(report.definition, after)
            except InvalidInput as error:
                words = f"The report {report.name!r} would not run any more: {error.user_message}"
                yield wanted.document.problem("fields", words)

    def _removed(self, checked: Checked) -> tuple[Change, ...]:
        """Take away what no file speaks of, what stands on others first; or say what that would be."""
        left = [thing for kind in reversed(KINDS) for thing in checked.only_here if thing.folder == kind.folder]
        changes = [_removal(thing) for thing in left]
        if not self.with_removal:
            return tuple(changes)
        for thing, change in zip(left, changes, strict=True):
            try:
                with self.desk.tools.database.attempt():
                    FOLDERS[thing.folder].remove(self.desk, thing.id)
            except DatabaseUnavailable:
                raise
            except BroadsheetError as error:
                words = f"The {change.kind} {thing.name!r} cannot be removed: {error.user_message}"
                self._problems.append(Problem(file=thing.path, line=0, place="", message=words))
            else:
                self._changes.append(change)
        return ()


def _removal(thing: Thing) -> Change:
    return Change(action=Action.REMOVE, kind=NOUNS[thing.folder], name=thing.name, file=thing.path)
