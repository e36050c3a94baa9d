"""Looks at every cell of every column: which ways of writing values all of them follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from core.catalog.uploads.date_forms import ISO_INSTANT, date_forms, datetime_forms
from core.catalog.uploads.form import Form, matches, quoted
from core.catalog.uploads.number_forms import PLAIN, boolean_forms, decimal_forms, integer_forms
from core.catalog.uploads.table import TABLE, Hint
from core.catalog.uploads.tally import Cells, Question, Tally, count_cells
from core.domain.field import FieldType
from core.domain.upload import DateOrder, UploadOptions

#: What fits all cells of a column fits its first ones: other forms are not tried on the rest.
_FIRST_CELLS = 2000
_ALL_FIRST_CELLS = 100_000
_MIN_FIRST_CELLS = 200
_SAMPLE = "first_cells"
_MOSTLY = 0.5
_EXAMPLE_LENGTH = 40
_LEADING_ZEROS = "Digits with leading zeros: kept as text, so that none is lost."
_TOO_LONG = "Digits too long for a number that is counted with: kept as text, so that none is lost."


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the cells of a column have in common."""

    filled: int  #: cells with a value
    missing: int = 0  #: cells that are not there, as opposed to empty texts
    tallies: tuple[Tally, ...] = ()  #: of the forms that every one of them follows
    note: str = ""  #: why none does

    @property
    def forms(self) -> tuple[Form, ...]:
        """The forms that every cell follows."""
        return tuple(tally.form for tally in self.tallies)

    def of(self, form: Form) -> Tally | None:
        """The tally of a form that every cell follows; None for others."""
        return next((tally for tally in self.tallies if tally.form is form), None)

    def decimal(self) -> str | None:
        """The decimal sign, where its numbers can be read with one only."""
        signs = {form.decimal for form in self.forms if form.decimal is not None}
        return signs.pop() if len(signs) == 1 and not self._is_plain() else None

    def order(self) -> DateOrder | None:
        """The order of day and month, where its dates can be read with one only."""
        orders = {form.order for form in self.forms if form.type.is_temporal}
        return orders.pop() if len(orders) == 1 else None

    def _is_plain(self) -> bool:
        return any(form.key == PLAIN for form in self.forms)


@dataclass(slots=True, kw_only=True)
class _Hope:
    """What a column may still be, seen its first cells; `rounds` are tried in turn until one of them fits."""

    hint: Hint
    rounds: list[list[Form]]
    is_near: bool = False  #: most of the first cells follow the only form
    are_digits: bool = False  #: the first cells are digits and nothing else


class Surveyor:
    """Asks the engine about columns."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, options: UploadOptions) -> None:
        self._connection = connection
        self._empty = [word.strip().lower() for word in options.empty_words]
        self.forms = (
            *boolean_forms(),
            *integer_forms(),
            *decimal_forms(),
            *date_forms(),
            *datetime_forms(options.timezone or "UTC"),
        )

    def text(self, name: str) -> str:
        """The cell as it stands, without the words that mean empty."""
        if not self._empty:
            return name
        words = ", ".join(map(quoted, self._empty))
        return f"CASE WHEN lower(trim({name})) NOT IN ({words}) THEN {name} END"

    def value(self, name: str) -> str:
        """The cell without the spaces around it; null where nothing is left."""
        return f"nullif(trim({self.text(name)}), '')"

    def survey(self, hints: Mapping[str, Hint]) -> dict[str, Survey]:
        """Try every form on every column: all on their first cells, those that fit there on all cells."""
        hopes = self._first_looks(hints)
        surveys: dict[str, Survey] = {}
        waiting = list(hopes)
        while waiting:
            asked = {name: (hopes[name].rounds[0] if hopes[name].rounds else []) for name in waiting}
            answers = self._ask({name: (forms, hopes[name].hint) for name, forms in asked.items()})
            for name, cells in answers.items():
                if (survey := self._judge(name, hopes[name], cells)) is not None:
                    surveys[name] = survey
            waiting = [name for name in waiting if name not in surveys]
        return surveys

    def tally(self, name: str, forms: Sequence[Form]) -> tuple[Tally, ...]:
        """How the column's cells follow forms, guessed or not."""
        return self._ask({name: (forms, Hint(is_plain=True))})[name].tallies

    def misses(self, name: str, form: Form, count: int = 3) -> tuple[str, ...]:
        """Some of the cells that do not follow a form."""
        rows = self._connection.execute(
            f"SELECT DISTINCT x FROM (SELECT {self.value(name)} AS x FROM {TABLE}) "  # noqa: S608 - ours or quoted
            f"WHERE x IS NOT NULL AND {form.of('x')} IS NULL ORDER BY x LIMIT {count}"
        ).fetchall()
        return tuple(str(row[0])[:_EXAMPLE_LENGTH] for row in rows)

    def _ask(self, asked: Mapping[str, tuple[Sequence[Form], Hint]]) -> dict[str, Cells]:
        return count_cells(
            self._connection,
            {
                name: Question(text=self.text(name), value=self.value(name), forms=forms, is_plain=hint.is_plain)
                for name, (forms, hint) in asked.items()
            },
        )

    def _first_looks(self, hints: Mapping[str, Hint]) -> dict[str, _Hope]:
        """Try all forms on the first cells of all columns."""
        most = min(_FIRST_CELLS, max(_MIN_FIRST_CELLS, _ALL_FIRST_CELLS // len(hints)))
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {_SAMPLE} (name VARCHAR, x VARCHAR)")
        for name in hints:
            self._connection.execute(
                f"INSERT INTO {_SAMPLE} SELECT '{name}', x FROM (SELECT {self.value(name)} AS x FROM {TABLE}) "  # noqa: S608
                f"WHERE x IS NOT NULL LIMIT {most}"
            )
        guessed = [form for form in self.forms if form.is_guessed]
        hopes = {}
        for is_plain in {hint.is_plain for hint in hints.values()}:
            counts = self._count_first(guessed, is_plain=is_plain)
            for name, hint in hints.items():
                if hint.is_plain == is_plain:
                    hopes[name] = _hope(hint, guessed, counts.get(name))
        return hopes

    def _count_first(self, forms: Sequence[Form], *, is_plain: bool) -> dict[str, list[int]]:
        """By column: its first cells, how many of them are digits, and how many follow each form."""
        asked = ", ".join(f"count({form.of('x') if is_plain else form.guessed('x')})" for form in forms)
        rows = self._connection.execute(
            f"SELECT name, count(*), count(*) FILTER ({matches('x', '[0-9]+')}), {asked} "  # noqa: S608 - ours or quoted
            f"FROM {_SAMPLE} GROUP BY name"
        ).fetchall()
        return {str(name): counts for name, *counts in rows}

    def _judge(self, name: str, hope: _Hope, cells: Cells) -> Survey | None:
        """What a column is after a round; None where another one is needed."""
        survey = Survey(filled=cells.filled, missing=cells.missing)
        if hope.is_near and cells.filled:
            return replace(survey, note=self._nearly(name, cells.tallies[0], cells.filled))
        followed = [tally for tally in cells.tallies if tally.count == cells.filled > 0]
        complete = tuple(tally for tally in followed if tally.is_one_kind)
        if complete or not cells.filled:
            return replace(survey, tallies=complete)
        if len(hope.rounds) > 1:
            hope.rounds = hope.rounds[1:]
            return None
        if cells.tallies:
            return replace(survey, note=self._nearly(name, cells.tallies[0], cells.filled))
        return replace(survey, note=hope.hint.note or (self._identifiers(name) if hope.are_digits else ""))

    def _nearly(self, name: str, tally: Tally, filled: int) -> str:
        """Words on a column that most cells make one of a type, and some do not."""
        misses = ", ".join(f"'{text}'" for text in self.misses(name, tally.form))
        such = f", such as {misses}." if misses else "."
        return f"{tally.count:,} of {filled:,} values read as {_PLURALS[tally.form.type]}; others do not{such}"

    def _identifiers(self, name: str) -> str:
        """Words on digits that are no numbers."""
        digits, zeros = matches("x", "[0-9]+"), matches("x", "0[0-9]+")
        found = self._connection.execute(
            f"SELECT bool_and({digits}), bool_or({zeros}) FROM (SELECT {self.value(name)} AS x FROM {TABLE})"  # noqa: S608
        ).fetchone()
        if not found or not found[0]:
            return ""
        return _LEADING_ZEROS if found[1] else _TOO_LONG


def _hope(hint: Hint, forms: Sequence[Form], counts: Sequence[int] | None) -> _Hope:
    """What a column may be, seen how many of its first cells there are, are digits, and follow each of the forms."""
    if counts is None:
        return _Hope(hint=hint, rounds=[])
    first, digits, *followed = counts
    allowed = [
        (form, count)
        for form, count in zip(forms, followed, strict=True)
        if hint.allowed is None or form.type in hint.allowed
    ]
    left = [form for form, count in allowed if count == first]
    if not left and allowed:
        near, count = max(allowed, key=lambda found: found[1])
        if count > _MOSTLY * first:
            return _Hope(hint=hint, rounds=[[near]], is_near=True)
    return _Hope(hint=hint, rounds=_in_rounds(left), are_digits=hint.allowed is None and digits == first)


def _in_rounds(forms: Sequence[Form]) -> list[list[Form]]:
    """Forms in the order in which they are preferred: where all cells follow the first ones, none asks for the rest."""
    rounds: dict[int, list[Form]] = {}
    for form in forms:
        rounds.setdefault(_rank(form), []).append(form)
    return [rounds[rank] for rank in sorted(rounds)]


def _rank(form: Form) -> int:
    if form.type is FieldType.BOOLEAN or form.key == PLAIN:
        return 0
    if form.type.is_number:
        return 1
    if form.type is FieldType.DATE:
        return 2
    return 3 if form.key == ISO_INSTANT else 4


_PLURALS = {
    FieldType.BOOLEAN: "true or false",
    FieldType.INTEGER: "numbers",
    FieldType.DECIMAL: "numbers",
    FieldType.DATE: "dates",
    FieldType.DATETIME: "times",
    FieldType.TEXT: "texts",
}
