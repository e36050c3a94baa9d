"""Drafts of datasets from what introspection finds: fields labelled, joins proposed from foreign keys."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from uuid import uuid4

from core.catalog.sources.connector import ForeignKeyDraft, TableDraft
from core.catalog.sources.labels import draft_field
from core.domain.dataset import Dataset, Source
from core.domain.field import Field, FieldType
from core.domain.relation import Join, JoinKey, SourceColumn, SqlOrigin, TableOrigin

#: Joined tables proposed at most; people add others.
_MAX_JOINS = 8
#: Names of fields and joins become identifiers in the source's own SQL.
_MAX_NAME_BYTES = 63
_ID_ENDS = ("_id", "_key", "_no", "_code", "id")


def draft_dataset(source: Source, table: TableDraft, others: Sequence[TableDraft] = ()) -> Dataset:
    """Return an unsaved dataset over a table, with the tables among `others` joined that its foreign keys name."""
    fields = list(apart(table.fields))
    base = Dataset(
        id=uuid4(),
        organization_id=source.organization_id,
        source_id=source.id,
        name=_key_of(table.table_name),
        label=draft_field(table.table_name, FieldType.TEXT).label,
        description=table.description,
        origin=origin_of(table),
        row_key=_row_key(table),
        fields=tuple(fields),
        time_field=_time_field(fields),
        row_noun=_noun(table.table_name),
    )
    joins: list[Join] = []
    targets = [(key.schema_name, key.table_name) for key in table.foreign_keys]
    for key in table.foreign_keys:
        target = _find(others, key.schema_name, key.table_name)
        if target is None or not _is_readable(key, table, target) or len(joins) == _MAX_JOINS:
            continue
        role = _role(key, is_one_of_several=targets.count((key.schema_name, key.table_name)) > 1)
        join = _join(key, target, name=_free(role, _folded(join.name for join in joins)))
        added = _joined_fields(join, target, taken=_folded(field.name for field in fields))
        if added:
            joins.append(join)
            fields += added
    return replace(base, joins=tuple(joins), fields=tuple(fields))


def with_join(dataset: Dataset, join: Join, target: TableDraft) -> Dataset:
    """Return a dataset with a found table joined as `join` says and its fields offered."""
    known = replace(join, table=origin_of(target), row_key=join.row_key or _row_key(target))
    added = _joined_fields(known, target, taken=_folded(field.name for field in dataset.fields))
    return replace(dataset, joins=(*dataset.joins, known), fields=(*dataset.fields, *added))


def draft_sql_dataset(source: Source, sql: str, columns: Sequence[SourceColumn]) -> Dataset:
    """Return an unsaved dataset over saved SQL."""
    fields = tuple(fields_of(columns))
    return Dataset(
        id=uuid4(),
        organization_id=source.organization_id,
        source_id=source.id,
        name="saved_sql",
        label="Saved SQL",
        origin=SqlOrigin(sql=sql, columns=tuple(columns)),
        fields=fields,
        time_field=_time_field(fields),
    )


def fields_of(columns: Iterable[SourceColumn]) -> Iterable[Field]:
    """Return a labelled field for each column."""
    return apart(replace(draft_field(column.name, column.type), scale=column.scale) for column in columns)


def apart(fields: Iterable[Field], others: Iterable[Field] = ()) -> Iterator[Field]:
    """Return fields under names that differ in more than case, from those of `others` too; columns stay."""
    taken = _folded(field.name for field in others)
    for field in fields:
        name = _free(field.name, taken)
        taken.add(name.casefold())
        yield field if name == field.name else replace(field, name=name, column=field.source_column)


def origin_of(table: TableDraft) -> TableOrigin:
    """Return a found table as what rows are made of, with all its columns."""
    return TableOrigin(table_name=table.table_name, schema_name=table.schema_name, columns=columns_of(table))


def columns_of(table: TableDraft) -> tuple[SourceColumn, ...]:
    """Return the columns of a found table."""
    return tuple(SourceColumn(name=field.source_column, type=field.type, scale=field.scale) for field in table.fields)


def name_of(text: str) -> str:
    """Return a key made of a name: "Order lines" becomes `order_lines`."""
    words = re.findall(r"[^\W_]+", text.lower())
    return "_".join(words)[:100] or "dataset"


def _key_of(table_name: str) -> str:
    """What a dataset over the table is named: a letter comes first."""
    name = name_of(table_name)
    return f"dataset_{name}"[:100] if name[0].isdigit() else name


def _find(tables: Sequence[TableDraft], schema_name: str | None, table_name: str) -> TableDraft | None:
    wanted = (schema_name, table_name)
    return next((table for table in tables if (table.schema_name, table.table_name) == wanted), None)


def _is_readable(key: ForeignKeyDraft, table: TableDraft, target: TableDraft) -> bool:
    """Whether both sides of a foreign key can be read: the source's user may see some columns only."""
    return _columns_in(table).issuperset(key.columns) and _columns_in(target).issuperset(key.target_columns)


def _row_key(table: TableDraft) -> tuple[str, ...]:
    """The primary key; none where a column of it is of a type that is not read."""
    return table.primary_key if _columns_in(table).issuperset(table.primary_key) else ()


def _columns_in(table: TableDraft) -> frozenset[str]:
    return frozenset(field.source_column for field in table.fields)


def _join(key: ForeignKeyDraft, target: TableDraft, *, name: str) -> Join:
    return Join(
        name=name,
        table=origin_of(target),
        keys=tuple(
            JoinKey(left=left, right=right) for left, right in zip(key.columns, key.target_columns, strict=True)
        ),
        row_key=_row_key(target),
    )


def _role(key: ForeignKeyDraft, *, is_one_of_several: bool) -> str:
    """What the joined row is to the base: `billing_address` for the column `billing_address_id`.

    The table's own name says it where the column does not, unless several keys lead there.
    """
    if len(key.columns) == 1:
        column = key.columns[0].lower()
        for end in _ID_ENDS:
            if column.endswith(end) and len(column) > len(end):
                return name_of(column.removesuffix(end))
    return name_of("_".join(key.columns) if is_one_of_several else key.table_name)


def _joined_fields(join: Join, target: TableDraft, *, taken: set[str]) -> list[Field]:
    """The joined table's fields but its key, which the base has already; named and labelled by what it is to it."""
    keys = {key.right for key in join.keys}
    folder = draft_field(join.name, FieldType.TEXT).label
    made = []
    for field in target.fields:
        if field.source_column in keys:
            continue
        name = _free(f"{join.name}_{field.name}", taken)
        taken.add(name.casefold())
        label = f"{folder} {field.label[:1].lower()}{field.label[1:]}" if not _is_acronym(field.label) else None
        made.append(
            replace(
                field,
                name=name,
                label=label or f"{folder} {field.label}",
                table=join.name,
                column=field.source_column,
                folder=folder,
                is_measure=False,
            )
        )
    return made


def _is_acronym(label: str) -> bool:
    return label[:2].isupper()


def _free(name: str, taken: set[str]) -> str:
    """A name made of this one that every engine takes, numbered where it is taken; `taken` are folded."""
    shown = "".join(character if character.isprintable() else " " for character in name).strip() or "column"
    number, free = 2, _cut(shown, _MAX_NAME_BYTES)
    while free.casefold() in taken:
        end = f"_{number}"
        number, free = number + 1, _cut(shown, _MAX_NAME_BYTES - len(end)) + end
    return free


def _cut(name: str, size: int) -> str:
    return name.encode("utf-8", "replace")[:size].decode("utf-8", "ignore").strip()


def _folded(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}


def _time_field(fields: Sequence[Field]) -> str | None:
    return next((field.name for field in fields if field.type.is_temporal), None)


def _noun(table_name: str) -> str:
    noun = name_of(table_name).replace("_", " ")
    return noun if noun.endswith("s") else "rows"
