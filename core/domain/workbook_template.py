"""Workbook templates: workbooks that people bring, whose named cells and table are filled."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateName:
    """A named cell that is filled."""

    name: str  #: as it stands in the workbook: "broadsheet.title"
    place: str  #: "Report!B2"
    meaning: str  #: what it gets: "Title of the report"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateColumn:
    """A column of the table that is filled."""

    heading: str
    is_formula: bool = False  #: computed in every row by the workbook itself


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateTable:
    """Where the rows go."""

    name: str  #: of the table, or the name of its cells
    place: str  #: "Report!B8:F9", the heading included
    columns: tuple[TemplateColumn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateContents:
    """What was found in a workbook when it was brought."""

    sheets: tuple[str, ...]
    names: tuple[TemplateName, ...] = ()
    unknown: tuple[str, ...] = ()  #: names that begin like ours and mean nothing, with what is wrong
    table: TemplateTable | None = None
    warnings: tuple[str, ...] = ()  #: what filling it leaves out or changes


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookTemplate:
    """A workbook that is kept to be filled."""

    id: UUID
    name: str
    file_name: str
    size_bytes: int
    sha256: str
    contents: TemplateContents
    version: int  #: counts the files it has had
    created_at: datetime
    updated_at: datetime
    uploaded_by: str  #: who brought the newest file


def dump_contents(contents: TemplateContents) -> dict[str, Any]:
    """The JSON form of contents."""
    return asdict(contents)


def load_contents(data: dict[str, Any]) -> TemplateContents:
    """Read what `dump_contents` wrote."""
    table = data["table"]
    return TemplateContents(
        sheets=tuple(data["sheets"]),
        names=tuple(TemplateName(**name) for name in data["names"]),
        unknown=tuple(data["unknown"]),
        table=None
        if table is None
        else TemplateTable(
            name=table["name"],
            place=table["place"],
            columns=tuple(TemplateColumn(**column) for column in table["columns"]),
        ),
        warnings=tuple(data["warnings"]),
    )
