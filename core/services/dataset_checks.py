"""What a dataset must be like before it is looked at or saved, which reports a change would break, and its record."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from core.catalog.drafts import fields_of
from core.catalog.drift import base_columns
from core.catalog.sources.connector import Connector
from core.catalog.usage import fields_used
from core.db import dataset_repository, source_repository
from core.db.audit_repository import note
from core.db.usage_repository import ReportOnDataset
from core.domain.access import Principal
from core.domain.catalog import Drift
from core.domain.dataset import Dataset
from core.domain.dataset_json import dump_content, load_dataset
from core.domain.definition import ReportDefinition
from core.domain.field import Format
from core.domain.relation import LookUpStep, TableOrigin, UnionStep
from core.domain.text import check_text
from core.errors import BreaksReports, Conflict, InvalidDataset, InvalidInput
from core.query.relation import check_dataset, columns_after
from core.query.validate import validate_definition

MAX_LABEL_LENGTH = 200
MAX_NAME_LENGTH = 100
MAX_DESCRIPTION_LENGTH = 2000
_NAME = re.compile(r"[^\W\d_]\w*")
#: Reports and datasets named when they stand in the way.
_MAX_NAMED = 3


def noted_dataset(
    session: Session, principal: Principal, action: str, dataset_id: UUID, *, before: Dataset | None = None
) -> Dataset:
    """Return a dataset as it was just saved, and record what changed of it."""
    saved = dataset_repository.load_one_dataset(session, dataset_id)
    return note(session, principal, action, before=before, after=saved, name=saved.label)


def check_words(dataset: Dataset) -> None:
    """Raise InvalidInput where the dataset's own name, label or texts do not do, or its content cannot be stored."""
    if not dataset.label.strip():
        raise InvalidInput("Give the dataset a label.", place="label")
    check_text(dataset.label, place="label", max_length=MAX_LABEL_LENGTH, one_line=True)
    check_text(dataset.name, place="name", max_length=MAX_NAME_LENGTH, one_line=True)
    if not _NAME.fullmatch(dataset.name):
        raise InvalidInput("A dataset's name has letters, digits and underscores, a letter first.", place="name")
    check_text(dataset.description, place="description", max_length=MAX_DESCRIPTION_LENGTH)
    check_text(dataset.folder, place="folder", max_length=MAX_LABEL_LENGTH, one_line=True)
    check_text(dataset.row_noun, place="row_noun", max_length=MAX_LABEL_LENGTH, one_line=True)
    # What cannot be read back would take every other dataset out of the list with it.
    load_dataset(
        dump_content(dataset),
        dataset_id=dataset.id,
        organization_id=dataset.organization_id,
        source_id=dataset.source_id,
        name=dataset.name,
        label=dataset.label,
    )


def check_free(session: Session, dataset: Dataset) -> None:
    """Raise Conflict where another dataset of the organization has its name or label; nobody takes them meanwhile."""
    source_repository.lock_names(session, dataset.organization_id)
    if dataset.name in dataset_repository.taken_names(session, but=dataset.id):
        raise Conflict(f"There is a dataset with the name {dataset.name} already.", place="name")
    if dataset_repository.is_label_taken(session, dataset.label.strip(), but=dataset.id):
        raise Conflict(f"There is a dataset called {dataset.label.strip()} already.", place="label")


def check_against(connector: Connector, dataset: Dataset) -> None:
    """Raise InvalidDataset at the first thing that does not fit, tables that the source does not have included.

    The source is asked for its tables, so nobody reaches one that introspection does not show.
    """
    check_dataset(dataset, connector.functions.sql_dialect)
    for place, table in tables_of(dataset):
        if not connector.introspect(table):
            raise InvalidDataset(f"The source has no table {table.table_name!r}.", place=place)


def tables_of(dataset: Dataset) -> Iterator[tuple[str, TableOrigin]]:
    """Every table that a dataset reads, with its place."""
    if isinstance(dataset.origin, TableOrigin):
        yield "origin", dataset.origin
    for index, step in enumerate(dataset.steps):
        if isinstance(step, UnionStep | LookUpStep):
            yield f"steps[{index}].table", step.table
    for index, join in enumerate(dataset.joins):
        yield f"joins[{index}].table", join.table


def after_steps(dataset: Dataset, steps: int) -> Dataset:
    """Return the base relation after its first steps as a dataset of its own, a field for each column."""
    if not 0 <= steps <= len(dataset.steps):
        raise InvalidInput(f"The dataset has {len(dataset.steps)} steps.", place="steps")
    base = replace(
        dataset,
        origin=replace(dataset.origin, columns=base_columns(dataset)),
        steps=dataset.steps[:steps],
        joins=(),
        measures=(),
        row_key=(),
        time_field=None,
    )
    return replace(base, fields=tuple(fields_of(columns_after(base))))


def broken_reports(before: Dataset, after: Dataset, reports: Iterable[ReportOnDataset]) -> tuple[str, ...]:
    """Return the names of the reports that work on `before` and would not on `after`, or not alike.

    A field that changes its type counts: what is compared, summed or sorted as text is not what it was as a number.
    """
    retyped = retyped_fields(before, after)
    return tuple(
        report.name
        for report in reports
        if _fits(report.definition, before)
        and (not _fits(report.definition, after) or fields_used(report.definition, before) & retyped)
    )


def names_gone(before: Dataset, after: Dataset) -> frozenset[str]:
    """The names of the fields and measures that a change takes away."""
    return names_in(before) - names_in(after)


def names_in(dataset: Dataset) -> frozenset[str]:
    """The names of its fields and measures."""
    return frozenset({field.name for field in dataset.fields} | {measure.name for measure in dataset.measures})


def retyped_fields(before: Dataset, after: Dataset) -> frozenset[str]:
    """The names of the fields that a change gives another type."""
    return frozenset(
        field.name
        for field in before.fields
        if (now := after.field(field.name)) is not None and now.type is not field.type
    )


def what_is_gone(dataset: Dataset, drift: Drift) -> InvalidDataset | None:
    """Return the error that names the first column without which a field cannot be answered; None without any."""
    column = next((one for one in (*drift.missing, *drift.changed) if one.fields), None)
    if column is None:
        return None
    names = [field.name for field in dataset.fields]
    what = "has no column" if column.is_now is None else "holds something else now in"
    needs = in_short([field.label for field in dataset.fields if field.name in column.fields])
    return InvalidDataset(
        f"{column.table} {what} {column.column!r}, which is needed for {needs}. Change or remove that first.",
        place=f"fields[{names.index(column.fields[0])}]",
    )


def refuse_to_break(names: Sequence[str]) -> None:
    """Raise BreaksReports where there are any."""
    if names:
        raise BreaksReports(
            f"Reports use what this change takes away: {in_short(names)}. Change them first, or confirm the change.",
            place="fields",
            reports=tuple(names),
        )


def is_same_question(before: Dataset, after: Dataset) -> bool:
    """Whether two versions of a dataset differ in words and looks only, so that they answer alike."""
    return _without_words(before) == _without_words(after)


def in_short(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(names[:_MAX_NAMED])
    return shown if len(names) <= _MAX_NAMED else f"{shown} and {len(names) - _MAX_NAMED} more"


def _fits(definition: ReportDefinition, dataset: Dataset) -> bool:
    try:
        validate_definition(definition, dataset)
    except InvalidInput:
        return False
    return True


def _without_words(dataset: Dataset) -> Dataset:
    fields = tuple(
        replace(field, label="", description="", format=Format(), folder="", synonyms=(), is_measure=False)
        for field in dataset.fields
    )
    measures = tuple(
        replace(measure, label="", description="", format=Format(), folder="", synonyms=())
        for measure in dataset.measures
    )
    return replace(
        dataset,
        policy=None,
        label="",
        description="",
        folder="",
        row_noun="",
        fields=fields,
        measures=measures,
        is_certified=False,
        version=0,
        updated_at=None,
    )
