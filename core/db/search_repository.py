"""Search over everything an organization has: reports, datasets, dashboards and schedules.

Every word must be found somewhere in a thing: its name, description, tags or folder, or the labels of the fields it
uses. What has the words in its name comes first. Letters are compared without case and accents.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from core.db.tables import DashboardRow, DatasetRow, FolderRow, ReportRow, ReportVersionRow, ScheduleRow
from core.db.visibility import sees_schedule
from core.domain.dataset import Dataset
from core.domain.library import Found, FoundKind

_MAX_WORDS = 8
#: Beyond these a word says nothing about a field.
_MOST_FIELDS = 20


def find(
    session: Session, search: str, *, datasets: Sequence[Dataset], limit: int
) -> dict[FoundKind, tuple[Found, ...]]:
    """Return up to `limit` of each kind, the best first; of datasets and their fields only those of `datasets`."""
    words = _folded(search).split()[:_MAX_WORDS]
    if not words:
        return dict.fromkeys(FoundKind, ())
    statements = {
        FoundKind.REPORT: _reports(words, datasets),
        FoundKind.DATASET: _datasets(words, datasets),
        FoundKind.DASHBOARD: _dashboards(words),
        FoundKind.SCHEDULE: _schedules(words),
    }
    return {kind: _found(session, kind, statement.limit(limit)) for kind, statement in statements.items()}


def _reports(words: list[str], datasets: Sequence[Dataset]) -> Select[Any]:
    places = {
        "": ReportRow.name,
        "tag": func.array_to_string(ReportRow.tags, " "),
        "folder": FolderRow.name,
        "about": ReportRow.description,
    }
    used = {word: [_uses(dataset, word) for dataset in datasets if _fields(dataset, word)] for word in words}
    return (
        _ranked(ReportRow.id, places, words, otherwise=used)
        .select_from(ReportRow)
        .outerjoin(FolderRow, FolderRow.id == ReportRow.folder_id)
        .join(
            ReportVersionRow,
            (ReportVersionRow.report_id == ReportRow.id) & (ReportVersionRow.version == ReportRow.version),
        )
        .where(ReportRow.archived_at.is_(None))
    )


def _datasets(words: list[str], datasets: Sequence[Dataset]) -> Select[Any]:
    places = {
        "": DatasetRow.label,
        "folder": DatasetRow.content["folder"].astext,
        "about": DatasetRow.content["description"].astext,
    }
    has: dict[str, list[ColumnElement[bool]]] = {
        word: [DatasetRow.id.in_([one.id for one in datasets if _fields(one, word)])] for word in words
    }
    known = DatasetRow.id.in_([dataset.id for dataset in datasets])
    return _ranked(DatasetRow.id, places, words, otherwise=has).where(known)


def _dashboards(words: list[str]) -> Select[Any]:
    places = {"": DashboardRow.name, "about": DashboardRow.description}
    return _ranked(DashboardRow.id, places, words).where(DashboardRow.archived_at.is_(None))


def _schedules(words: list[str]) -> Select[Any]:
    places = {"": ScheduleRow.name, "report": ReportRow.name, "about": ScheduleRow.description}
    statement = _ranked(ScheduleRow.id, places, words).select_from(ScheduleRow)
    return statement.outerjoin(ReportRow, ReportRow.id == ScheduleRow.report_id).where(sees_schedule())


def _ranked(
    key: Any,
    places: dict[str, Any],
    words: list[str],
    *,
    otherwise: dict[str, list[ColumnElement[bool]]] | None = None,
) -> Select[Any]:
    """Every word is in one of the places, or its field is used (`otherwise`); `because` says where the name does not.

    `places` have the name under the empty key.
    """
    said = {what: func.folded(func.coalesce(place, "")) for what, place in places.items()}
    name, whole, phrase = said[""], func.concat_ws(" ", *said.values()), " ".join(words)
    in_name = and_(*(_holds(name, word) for word in words))
    rank = case(
        (name == phrase, 0),
        (func.starts_with(name, phrase), 1),
        (_holds(func.concat(" ", name), f" {phrase}"), 2),
        (in_name, 3),
        else_=4,
    )
    lacking = [
        (or_(*(and_(_holds(place, word), ~_holds(name, word)) for word in words)), literal(what))
        for what, place in said.items()
        if what
    ]
    return (
        select(
            key.label("id"),
            places[""].label("name"),
            case((in_name, literal("")), *lacking, else_=literal("field")).label("because"),
        )
        .where(*(or_(_holds(whole, word), *(otherwise or {}).get(word, ())) for word in words))
        .order_by(rank, name, key)
    )


def _uses(dataset: Dataset, word: str) -> ColumnElement[bool]:
    """The report's newest version names a field of the dataset whose label holds the word."""
    definition = cast(ReportVersionRow.definition, Text)
    names = _fields(dataset, word)[:_MOST_FIELDS]
    return and_(ReportRow.dataset_id == dataset.id, or_(*(_holds(definition, f'"{name}"') for name in names)))


def _fields(dataset: Dataset, word: str) -> list[str]:
    """The names of the fields and measures whose labels hold the word."""
    shown = [(field.name, field.label) for field in dataset.fields if not field.is_hidden]
    shown += [(measure.name, measure.label) for measure in dataset.measures]
    return [name for name, label in shown if word in _folded(label)]


def _holds(said: Any, word: str) -> ColumnElement[bool]:
    return func.strpos(said, word) > 0


def _folded(said: str) -> str:
    """As the database's function of that name does it."""
    letters = unicodedata.normalize("NFKD", said)
    return "".join(letter for letter in letters if not "\u0300" <= letter <= "\u036f").lower()


def _found(session: Session, kind: FoundKind, statement: Select[Any]) -> tuple[Found, ...]:
    return tuple(Found(kind=kind, id=row.id, name=row.name, because=row.because) for row in session.execute(statement))
