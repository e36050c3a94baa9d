"""Several questions to one state of a source: what a dashboard shows side by side was true at the same moment."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime

from core.catalog.sources.connector import Connector, Snapshot
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.definition_json import definition_sha256
from core.domain.parameters import ParameterValue, bind_parameters
from core.domain.result import Result, ResultHead
from core.query.answers import batches_of, informed
from core.query.compile.query import Query, compile_query
from core.query.heads import HeadFields, ask_figures, ask_head
from core.query.policed import notes_on, permitted, with_key
from core.query.sound import soundly
from core.query.stop_watch import stopped_when
from core.query.validate import validate_definition


class OneSnapshot:
    """An open state of a source. Ask one question after the other, inside the context that it came from."""

    def __init__(self, connector: Connector, snapshot: Snapshot, *, logical_at: datetime, hash_key: str) -> None:
        self._connector = connector
        self._snapshot = snapshot
        self._logical_at = logical_at
        self._hash_key = hash_key

    @property
    def as_of(self) -> datetime:
        """When the state was taken."""
        return self._snapshot.as_of

    @property
    def is_snapshot(self) -> bool:
        """Whether all questions see one state of the data."""
        return self._connector.has_snapshot

    @contextmanager
    def result(
        self,
        definition: ReportDefinition,
        dataset: Dataset,
        *,
        head_fields: HeadFields,
        parameters: Mapping[str, ParameterValue],
    ) -> Iterator[Result]:
        """The whole result of a definition; iterate it inside the context. Raises InvalidInput and SourceError."""
        with soundly(self._connector, dataset, definition, snapshot=self._snapshot):
            query = informed(self._snapshot, self._query(definition, dataset, parameters))
            sha256, notes = definition_sha256(definition), notes_on(definition, dataset)
            head = ask_head(
                self._connector, self._snapshot, query, fields=head_fields, definition_sha256=sha256, notes=notes
            )
            with closing(batches_of(self._snapshot, query)) as batches:
                yield Result(head=head, batches=batches)

    def figures(
        self,
        definition: ReportDefinition,
        dataset: Dataset,
        *,
        head_fields: HeadFields,
        parameters: Mapping[str, ParameterValue],
    ) -> ResultHead:
        """The headline numbers of a definition as the head of a result without rows. Raises as `result` does."""
        with soundly(self._connector, dataset, definition, snapshot=self._snapshot):
            query = self._query(definition, dataset, parameters, figures_only=True)
            sha256 = definition_sha256(definition)
            return ask_figures(self._connector, self._snapshot, query, fields=head_fields, definition_sha256=sha256)

    def _query(
        self,
        definition: ReportDefinition,
        dataset: Dataset,
        parameters: Mapping[str, ParameterValue],
        *,
        figures_only: bool = False,
    ) -> Query:
        bound = bind_parameters(definition, parameters)
        validate_definition(bound, dataset)
        dataset = with_key(dataset, self._hash_key)
        bound = permitted(bound, dataset, figures_only=figures_only)
        return compile_query(bound, dataset, functions=self._connector.functions, logical_at=self._logical_at)


@contextmanager
def one_snapshot(
    connector: Connector,
    *,
    logical_at: datetime,
    deadline_s: float,
    should_stop: Callable[[], bool],
    hash_key: str = "",
) -> Iterator[OneSnapshot]:
    """Open one state of a source; `should_stop` is polled, and once it says yes the work ends with RunCancelled."""
    with connector.snapshot(deadline_s=deadline_s) as snapshot, stopped_when(snapshot, should_stop):
        yield OneSnapshot(connector, snapshot, logical_at=logical_at, hash_key=hash_key)
