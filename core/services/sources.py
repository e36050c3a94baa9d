"""Sources: connections to data that people create, test, look into and change. Their secrets never come back."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Protocol, runtime_checkable
from uuid import UUID, uuid4

import pyarrow as pa
from sqlalchemy.orm import Session

from core.access.policy import require
from core.catalog.drafts import draft_dataset
from core.catalog.sources import SOURCES
from core.catalog.sources.connector import ConnectionField, Connector, SourceKind, TableDraft
from core.catalog.sources.file_source import FILE
from core.db import dataset_repository, source_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.catalog import RowSample, SourceDraft, SourceTest
from core.domain.dataset import Source
from core.domain.relation import TableOrigin
from core.errors import BroadsheetError, Conflict, InvalidInput, NotAllowed, NotFound
from core.query.samples import MAX_SAMPLE_ROWS, SAMPLE_DEADLINE_S, take_sample
from core.services.connection_form import FilledForm, check_secrets, read_form, with_stored_secrets
from core.services.connections import Connections

#: The screens know the services only, so what these hand out has its type here.
__all__ = ["ConnectionField", "SourceKind", "SourceService", "TableDraft"]

#: Datasets named when they stand in the way.
_MAX_NAMED = 3


@runtime_checkable
class Cautious(Protocol):
    """A connector that knows what to say of a source although it works, as that its user may change data."""

    def warnings(self) -> tuple[str, ...]:
        """Return sentences for people."""
        ...


class SourceService:
    """Everything a person does with sources."""

    def __init__(self, database: Database, connections: Connections) -> None:
        self._database = database
        self._connections = connections

    def kinds(self) -> tuple[SourceKind, ...]:
        """Return the kinds that people may create sources of."""
        return tuple(kind for kind in SOURCES.values() if kind.is_offered)

    def list(self, principal: Principal) -> tuple[Source, ...]:
        """Return every source of the organization by name, without secrets."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            return source_repository.list_sources(session)

    def get(self, principal: Principal, source_id: UUID) -> Source:
        """Return one source without its secrets; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            return source_repository.load_source(session, source_id)

    def create(self, principal: Principal, draft: SourceDraft) -> Source:
        """Save a new source; raises InvalidInput with the place, Conflict where its name is taken."""
        require(principal, Permission.MANAGE_CATALOG)
        form = read_form(draft)
        _check_reach(principal, form)
        check_secrets(form, form.secrets)
        source = _source_of(form, principal.organization_id)
        with self._database.organization(principal.organization_id) as session:
            source_repository.lock_names(session, principal.organization_id)
            _check_name(session, form.name)
            source_repository.insert_source(session, source, self._connections.seal(form.secrets))
            return note(session, principal, "source.created", after=source_repository.load_source(session, source.id))

    def save(
        self, principal: Principal, source_id: UUID, draft: SourceDraft, *, expected_version: int | None = None
    ) -> Source:
        """Change a source; secrets that are not given stay, as long as they go to where they went before.

        Raises InvalidInput with the place, Conflict where the name is taken or `expected_version` is not the newest.
        """
        require(principal, Permission.MANAGE_CATALOG)
        form = read_form(draft)
        with self._database.organization(principal.organization_id) as session:
            saved = _load_own(session, source_id, lock=True)
            if expected_version is not None and expected_version != saved.version:
                raise Conflict(
                    f"Somebody saved version {saved.version} since you opened version {expected_version}. "
                    "Open the source again, then make your change."
                )
            source_repository.lock_names(session, principal.organization_id)
            _check_name(session, form.name, but=source_id)
            if form.kind.key != saved.kind and (labels := dataset_repository.labels_by_source(session, source_id)):
                raise Conflict(f"Its kind cannot change while datasets stand on it: {_in_short(labels)}.", place="kind")
            if form.connection != saved.connection:
                _check_reach(principal, form)
            secrets = self._complete(session, form, saved)
            changed = replace(_source_of(form, principal.organization_id), id=source_id, version=saved.version)
            source_repository.update_source(session, changed, self._connections.seal(secrets))
            kept = source_repository.load_source(session, source_id)
            return note(session, principal, "source.changed", before=saved, after=kept)

    def delete(self, principal: Principal, source_id: UUID) -> None:
        """Remove a source; raises Conflict naming the datasets that stand on it. Uploaded files go when tidying up."""
        require(principal, Permission.MANAGE_CATALOG)
        with self._database.organization(principal.organization_id) as session:
            source = _load_own(session, source_id, lock=True, kinds=(FILE.key,))
            labels = dataset_repository.labels_by_source(session, source_id)
            if labels:
                raise Conflict(f"{source.name} is used by {_in_short(labels)}. Delete those datasets first.")
            source_repository.delete_source(session, source_id)
            note(session, principal, "source.deleted", before=source)

    def test(self, principal: Principal, draft: SourceDraft, source_id: UUID | None = None) -> SourceTest:
        """Connect as the draft says and tell how it went. With `source_id`, secrets not given are the saved ones.

        Raises InvalidInput with the place where the draft itself does not fit.
        """
        require(principal, Permission.MANAGE_CATALOG)
        form = read_form(draft)
        secrets = form.secrets
        if source_id is not None:
            with self._database.organization(principal.organization_id) as session:
                secrets = self._complete(session, form, _load_own(session, source_id))
        _check_reach(principal, form)
        check_secrets(form, secrets)
        source = _source_of(form, principal.organization_id)

        def attempt() -> tuple[str, ...]:
            with closing(self._connections.open_draft(source, secrets)) as connector:
                return _tried(connector)

        return _tested(attempt, form.kind)

    def test_saved(self, principal: Principal, source_id: UUID) -> SourceTest:
        """Connect as the saved source says and tell how it went."""
        require(principal, Permission.MANAGE_CATALOG)
        source = self.get(principal, source_id)
        return _tested(lambda: _tried(self._connections.open(source)), SOURCES[source.kind])

    def introspect(self, principal: Principal, source_id: UUID) -> tuple[TableDraft, ...]:
        """Return the tables and views of a source; raises NotFound and SourceError."""
        require(principal, Permission.MANAGE_CATALOG)
        return self._connections.open(self.get(principal, source_id)).introspect()

    def sample(self, principal: Principal, source_id: UUID, table: TableOrigin, rows: int = 20) -> pa.Table:
        """Return the first rows of a table; raises NotFound where the source has no such table."""
        return self.sample_rows(principal, source_id, table, rows=rows).table

    def sample_rows(self, principal: Principal, source_id: UUID, table: TableOrigin, *, rows: int = 20) -> RowSample:
        """As `sample`, with what the columns are."""
        require(principal, Permission.MANAGE_CATALOG)
        if not 1 <= rows <= MAX_SAMPLE_ROWS:
            raise InvalidInput(f"A sample has 1 to {MAX_SAMPLE_ROWS} rows.", place="rows")
        source = self.get(principal, source_id)
        connector = self._connections.open(source)
        found = connector.introspect(table)
        if not found:
            raise NotFound(f"The source has no table {table.table_name!r}.", place="table_name")
        dataset = draft_dataset(source, found[0])
        return take_sample(connector, dataset, rows=rows, deadline_s=SAMPLE_DEADLINE_S)

    def _complete(self, session: Session, form: FilledForm, saved: Source) -> dict[str, str]:
        stored = self._connections.unseal(source_repository.sealed_secrets(session, saved.id))
        secrets = with_stored_secrets(form, stored, saved)
        check_secrets(form, secrets)
        return secrets


def _check_reach(principal: Principal, form: FilledForm) -> None:
    """Files of the server belong to no organization: one could read the other's. Raises NotAllowed."""
    if form.kind.is_on_server and not principal.may(Permission.MANAGE_INSTALLATION):
        raise NotAllowed(
            f"A {form.kind.label} is read from the server's own folders, which all organizations share. "
            "Ask whoever manages this installation to connect it, or upload the data as a file."
        )


def _tested(attempt: Callable[[], tuple[str, ...]], kind: SourceKind) -> SourceTest:
    """How an attempt to connect went; it returns what a person should know although it works."""
    began = time.perf_counter()
    try:
        warnings = attempt()
    except BroadsheetError as error:
        return SourceTest(is_ok=False, message=error.user_message, elapsed_s=time.perf_counter() - began)
    message = " ".join(("It answers.", *warnings))
    return SourceTest(is_ok=True, message=message, elapsed_s=time.perf_counter() - began, server=kind.label)


def _tried(connector: Connector) -> tuple[str, ...]:
    connector.test()
    return connector.warnings() if isinstance(connector, Cautious) else ()


def _source_of(form: FilledForm, organization_id: UUID) -> Source:
    return Source(
        id=uuid4(),
        organization_id=organization_id,
        name=form.name,
        kind=form.kind.key,
        connection=form.connection,
    )


def _load_own(session: Session, source_id: UUID, *, lock: bool = False, kinds: Sequence[str] = ()) -> Source:
    """Return a source that people may change, or one of `kinds`; raises NotFound, and Conflict for others."""
    source = source_repository.load_source(session, source_id, lock=lock)
    if source.kind not in kinds and (source.kind not in SOURCES or not SOURCES[source.kind].is_offered):
        raise Conflict(f"{source.name} is kept by Broadsheet itself and cannot be changed here.")
    return source


def _check_name(session: Session, name: str, *, but: UUID | None = None) -> None:
    if source_repository.is_name_taken(session, name, but=but):
        raise Conflict(f"There is a source called {name} already. Choose another name.", place="name")


def _in_short(labels: tuple[str, ...]) -> str:
    shown = ", ".join(labels[:_MAX_NAMED])
    return shown if len(labels) <= _MAX_NAMED else f"{shown} and {len(labels) - _MAX_NAMED} more"
