"""How a new file follows those of a source: read as their columns are, or refused where it does not fit."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from core.catalog.uploads.write import read_about
from core.domain.dataset import Dataset
from core.domain.field import FieldType
from core.domain.relation import SqlOrigin
from core.domain.upload import ColumnChoice, ReadColumn, UploadOptions
from core.domain.upload_json import load_columns, parse_options
from core.errors import InvalidUpload

_MAX_NAMED = 5
_TYPES = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "whole numbers",
    FieldType.DECIMAL: "numbers",
    FieldType.BOOLEAN: "true or false",
    FieldType.DATE: "dates",
    FieldType.DATETIME: "dates with times",
}


def columns_of(paths: Sequence[Path]) -> tuple[ReadColumn, ...]:
    """The columns that files make together, each as the first file that has it was read."""
    known: dict[str, ReadColumn] = {}
    for path in paths:
        for column in load_columns(read_about(path)["columns"]):
            known.setdefault(column.name, column)
    return tuple(known.values())


def columns_needed(datasets: Collection[Dataset]) -> frozenset[str] | None:
    """The columns that datasets stand on. None where that cannot be told: there are none, or SQL, steps or joins."""
    if not datasets or any(each.steps or each.joins or isinstance(each.origin, SqlOrigin) for each in datasets):
        return None
    return frozenset(field.source_column for dataset in datasets for field in dataset.fields)


def habits_of(path: Path) -> UploadOptions:
    """The options that a kept file was read with."""
    return parse_options(read_about(path)["options"])


def following(
    known: Sequence[ReadColumn],
    habits: UploadOptions,
    headings: Sequence[str],
    options: UploadOptions,
    *,
    needed: Collection[str] | None = None,
) -> UploadOptions:
    """Options that read a file with these headings as the known columns are. Raises InvalidUpload naming missing ones.

    `needed`: the columns that something stands on; a file may lack any other. None: all of them.

    A column is found by its heading in the earlier file, else by the name it was kept under; a person's renaming
    comes first. What can be read in two ways is read by the `habits` of the earlier file.
    """
    given = {choice.heading: choice for choice in options.columns}
    renamed = {choice.name: heading for heading, choice in given.items() if choice.name and not choice.is_left_out}
    by_lower = {heading.lower(): heading for heading in reversed(headings)}
    choices, missing = dict(given), []
    for column in known:
        heading = renamed.get(column.name) or by_lower.get(column.heading.lower()) or by_lower.get(column.name.lower())
        if heading is None or given.get(heading, ColumnChoice(heading=heading)).is_left_out:
            missing += [column.name] if needed is None or column.name in needed else []
        else:
            choices[heading] = ColumnChoice(heading=heading, name=column.name, type=column.type)
    if missing:
        raise InvalidUpload(
            f"The file lacks {_listed(missing)}. Reports that use {'it' if len(missing) == 1 else 'them'} "
            "would show nothing there. Add what is missing, or upload the file as a source of its own.",
            place="columns",
        )
    return replace(
        options,
        columns=tuple(choices.values()),
        decimal=options.decimal or habits.decimal,
        date_order=options.date_order or habits.date_order,
        timezone=options.timezone or habits.timezone,
        empty_words=options.empty_words or habits.empty_words,
    )


def check_succession(known: Sequence[ReadColumn], read: Sequence[ReadColumn]) -> None:
    """Raise InvalidUpload where a column's values are not what they were, naming it, the values and the effect."""
    now = {column.name: column for column in read}
    there = [column for column in known if column.name in now]
    problems = [problem for column in there if (problem := _problem(column, now[column.name]))]
    if problems:
        more = f" {len(problems) - _MAX_NAMED} more columns differ." if len(problems) > _MAX_NAMED else ""
        raise InvalidUpload(
            f"{' '.join(problems[:_MAX_NAMED])}{more} Reports that use them would be wrong. "
            "Mend the values, or upload the file as a source of its own.",
            place="columns",
        )


def _problem(was: ReadColumn, now: ReadColumn) -> str:
    if now.unreadable:
        examples = ", ".join(f"'{example}'" for example in now.examples)
        count = f"{now.unreadable:,} of the file's {now.filled:,} values"
        return f"{was.name} holds {_TYPES[was.type]}; {count} cannot be read as such, for instance {examples}."
    if was.is_percent != now.is_percent and now.filled:
        written = ("in percent", "as plain numbers")
        before, after = written if was.is_percent else written[::-1]
        return f"{was.name} was written {before}, and is written {after} now."
    if was.unit and now.unit and was.unit != now.unit:
        return f"{was.name} was in {was.unit}, and is in {now.unit} now."
    return ""


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:_MAX_NAMED])
    return shown if len(names) <= _MAX_NAMED else f"{shown} and {len(names) - _MAX_NAMED} more columns"
