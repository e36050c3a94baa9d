"""The versions of reports: what differs between two of them, and bringing one back as the newest."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require, require_can
from core.clock import Clock
from core.db import dataset_repository, report_repository
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.library import Action
from core.domain.report import Report, ReportVersion
from core.errors import Conflict, NotFound
from core.query.definition_diff import definition_diff
from core.services.reports import ReportService


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """A version and what it changed of the one before; nothing is said of the first."""

    version: ReportVersion
    changes: tuple[str, ...]


class VersionService:
    """Reads and restores versions."""

    def __init__(self, database: Database, clock: Clock, reports: ReportService) -> None:
        self._database = database
        self._clock = clock
        self._reports = reports

    def history(self, principal: Principal, report_id: UUID) -> tuple[VersionChange, ...]:
        """Return every version with what it changed, the newest first; raises NotFound."""
        versions = self._reports.versions(principal, report_id)
        datasets = self._datasets(principal, [version.definition for version in versions])
        before = (*versions[1:], None)
        return tuple(
            VersionChange(
                version=version,
                changes=() if older is None else self._diff(older.definition, version.definition, datasets),
            )
            for version, older in zip(versions, before, strict=True)
        )

    def version(self, principal: Principal, report_id: UUID, number: int) -> ReportVersion:
        """Return one version; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            report_repository.load_report(session, report_id)
            return _version(session, report_id, number)

    def diff(self, principal: Principal, report_id: UUID, before: int, after: int) -> tuple[str, ...]:
        """Return what differs in version `after` from version `before`, a line each; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            report_repository.load_report(session, report_id)
            was, now = _version(session, report_id, before), _version(session, report_id, after)
        return self.differences(principal, was.definition, now.definition)

    def differences(self, principal: Principal, before: ReportDefinition, after: ReportDefinition) -> tuple[str, ...]:
        """Return what differs between two definitions, saved or not."""
        return self._diff(before, after, self._datasets(principal, [before, after]))

    def restore(
        self, principal: Principal, report_id: UUID, number: int, *, expected_version: int | None = None
    ) -> Report:
        """Save what a version asked as the newest one; the name stays. Raises Conflict, InvalidDefinition, NotFound."""
        present = self._reports.get(principal, report_id)
        require_can(principal, Action.EDIT, present)
        restored = self.version(principal, report_id, number)
        if restored.definition == present.definition and expected_version in (None, present.version):
            raise Conflict(f"Version {number} asks what the newest version asks. Nothing was saved.", place="version")
        return self._reports.save(
            principal,
            report_id,
            name=present.name,
            description=present.description,
            definition=restored.definition,
            expected_version=expected_version,
        )

    def save(
        self,
        principal: Principal,
        report_id: UUID,
        *,
        name: str,
        definition: ReportDefinition,
        description: str = "",
        expected_version: int | None = None,
    ) -> Report:
        """Save a new version; a Conflict says what the others changed since `expected_version`."""
        try:
            return self._reports.save(
                principal,
                report_id,
                name=name,
                definition=definition,
                description=description,
                expected_version=expected_version,
            )
        except Conflict as error:
            if error.place is None and expected_version is not None:
                error.changes = self._since(principal, report_id, expected_version)
            raise

    def _since(self, principal: Principal, report_id: UUID, number: int) -> tuple[str, ...]:
        """What differs in the newest version from `number`; nothing where there never was such a version."""
        try:
            newest = self._reports.get(principal, report_id).version
            return self.diff(principal, report_id, number, newest)
        except NotFound:
            return ()

    def _diff(
        self, before: ReportDefinition, after: ReportDefinition, datasets: Mapping[UUID, Dataset]
    ) -> tuple[str, ...]:
        return definition_diff(before, after, datasets=datasets, logical_at=self._clock.now())

    def _datasets(self, principal: Principal, definitions: list[ReportDefinition]) -> Mapping[UUID, Dataset]:
        """The datasets that definitions ask, as far as they are still there."""
        found: dict[UUID, Dataset] = {}
        with self._database.person(principal) as session:
            for dataset_id in {definition.dataset_id for definition in definitions}:
                try:
                    found[dataset_id] = dataset_repository.load_one_dataset(session, dataset_id)
                except NotFound:
                    continue
        return found


def _version(session: Session, report_id: UUID, number: int) -> ReportVersion:
    for version in report_repository.list_versions(session, report_id):
        if version.version == number:
            return version
    raise NotFound(f"This report has no version {number}.", place="version")
