"""Datasets: queryable subjects of the catalog, with the labelled fields and measures people see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.domain.access import Permission
from core.domain.data_policy import DataPolicy, Sight
from core.domain.definition import Measure
from core.domain.field import Field, Format
from core.domain.relation import Join, Origin, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetMeasure:
    """A figure the dataset defines once for all: `measure` says how it is computed, without name and label."""

    name: str
    label: str
    measure: Measure
    description: str = ""
    format: Format = Format()
    folder: str = ""
    synonyms: tuple[str, ...] = ()


class _Index:
    """Keeps the fields of a dataset by name, beside its values: it is neither compared, nor copied, nor written out."""

    __slots__ = ("_by_name",)

    _by_name: Mapping[str, Field]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(_Index):
    """Rows of a source with their fields. Identifiers reach SQL only from here."""

    id: UUID
    organization_id: UUID
    source_id: UUID
    name: str
    label: str
    description: str = ""
    folder: str = ""
    origin: Origin
    steps: tuple[Step, ...] = ()
    joins: tuple[Join, ...] = ()
    row_key: tuple[str, ...] = ()  #: columns that tell the base rows apart; needed where a join multiplies them
    fields: tuple[Field, ...]
    measures: tuple[DatasetMeasure, ...] = ()
    time_field: str | None = None  #: the date field that a period applies to by default
    row_noun: str = "rows"  #: "order lines", "events": used in sentences
    needs: Permission = Permission.VIEW_REPORTS  #: what a person must be allowed to, to ask it anything
    is_certified: bool = False  #: checked and vouched for by a data administrator
    version: int = 1  #: counts saves
    updated_at: datetime | None = None
    policy: DataPolicy | None = None  #: whoever asks such a dataset has to have a `sight` of it
    sight: Sight | None = None  #: what exists of it for whom it was loaded; nothing is kept of it

    def field(self, name: str) -> Field | None:
        """Return the field called `name`, or None."""
        try:
            known = self._by_name
        except AttributeError:  # asked for the first time
            known = {field.name: field for field in reversed(self.fields)}
            object.__setattr__(self, "_by_name", known)
        return known.get(name)

    def measure(self, name: str) -> DatasetMeasure | None:
        """Return the measure called `name`, or None."""
        return next((measure for measure in self.measures if measure.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A connection to data. `connection` holds the kind's structured fields without secrets."""

    id: UUID
    organization_id: UUID
    name: str
    kind: str
    connection: dict[str, str | int | bool]
    version: int = 1  #: counts saves; part of every cache key
    updated_at: datetime | None = None
