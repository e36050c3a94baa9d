"""Decides the type of every column: what all of its cells say, what the other columns say, and what a person chose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.catalog.uploads.form import Form
from core.catalog.uploads.headings import check_names, unique_headings
from core.catalog.uploads.number_forms import PLAIN
from core.catalog.uploads.survey import Survey, Surveyor
from core.catalog.uploads.table import Hint, Loaded, cell_names
from core.catalog.uploads.tally import Tally
from core.domain.field import FieldType
from core.domain.upload import ColumnChoice, DateOrder, ReadColumn, UploadOptions
from core.errors import InvalidUpload

_MAX_DIGITS = 38
_USUAL_DIGITS = 18
#: More digits after the point than this are noise of floating numbers.
_MAX_SCALE = 12
_CURRENCY_CODES = {"€": "EUR", "£": "GBP"}
_AMBIGUOUS_DATES = "Days and months could be the other way round: no day is above 12. Read with the {order} first."
_AMBIGUOUS_NUMBERS = "Read with a {sign} as decimal sign; the other way round is possible too."
_SIGNS = {".": "point", ",": "comma"}
_ORDERS = {DateOrder.DAY_FIRST: "day", DateOrder.MONTH_FIRST: "month"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedColumn:
    """A column and the SQL that gives its values."""

    column: ReadColumn
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is made of the table."""

    columns: tuple[PlannedColumn, ...]
    headings: tuple[str, ...]  #: of all columns, those left out included
    decimal: str
    order: DateOrder
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Habits:
    """How the whole file writes numbers and dates, and whether anything in it says so."""

    decimal: str
    is_decimal_known: bool
    order: DateOrder
    is_order_known: bool


def make_plan(loaded: Loaded, rows: int, surveyor: Surveyor, options: UploadOptions) -> Plan:
    """Plan every column that is not left out. Raises InvalidUpload for choices that fit no column."""
    headings, warnings = unique_headings(loaded.headings)
    if not loaded.options.get("has_header", True):
        warnings = ()  # nobody is told that headings are missing where there are none
    choices = _choices(headings, options)
    hints = loaded.hints or (Hint(),) * len(headings)
    cells = cell_names(len(headings))
    found = surveyor.survey(dict(zip(cells, hints, strict=True)))
    surveys = [found[name] for name in cells]
    habits = _habits(surveys, loaded, options)
    columns = []
    for name, heading, hint, survey in zip(cells, headings, hints, surveys, strict=True):
        choice = choices.get(heading, ColumnChoice(heading=heading))
        if not choice.is_left_out:
            planner = _Planner(name=name, hint=hint, survey=survey, habits=habits, surveyor=surveyor, rows=rows)
            columns.append(planner.plan(choice))
    if not columns:
        raise InvalidUpload("Every column is left out. Keep at least one.", place="options.columns")
    check_names([planned.column.name for planned in columns])
    doubtful = [planned.column.name for planned in columns if "other way round" in planned.column.note]
    if doubtful:
        warnings = (*warnings, f"Look at {', '.join(doubtful)}: more than one reading is possible.")
    return Plan(
        columns=tuple(columns), headings=headings, decimal=habits.decimal, order=habits.order, warnings=warnings
    )


def _choices(headings: Sequence[str], options: UploadOptions) -> dict[str, ColumnChoice]:
    unknown = [choice.heading for choice in options.columns if choice.heading not in headings]
    if unknown:
        raise InvalidUpload(
            f"There is no column called '{unknown[0]}' in the file. There are: {', '.join(headings[:20])}.",
            place="options.columns",
        )
    return {choice.heading: choice for choice in options.columns}


def _habits(surveys: Sequence[Survey], loaded: Loaded, options: UploadOptions) -> _Habits:
    """What columns that allow one reading only say of those that allow two."""
    decimals = [sign for survey in surveys if (sign := survey.decimal())]
    orders = [order for survey in surveys if (order := survey.order())]
    if not decimals and loaded.options.get("delimiter") == ";":
        decimals = [","]  # where the comma is the decimal sign, it cannot divide cells
    decimal = options.decimal or (max(decimals, key=decimals.count) if decimals else ".")
    return _Habits(
        decimal=decimal,
        is_decimal_known=bool(options.decimal or decimals),
        order=options.date_order or (max(orders, key=orders.count) if orders else DateOrder.DAY_FIRST),
        is_order_known=bool(options.date_order or orders),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planner:
    """One column."""

    name: str
    hint: Hint
    survey: Survey
    habits: _Habits
    surveyor: Surveyor
    rows: int

    def plan(self, choice: ColumnChoice) -> PlannedColumn:
        """Its type and the SQL for it."""
        guess, note = self._guess()
        form = guess
        kind = choice.type or (guess.type if guess else FieldType.TEXT)
        if guess is None or kind is not guess.type:
            form = None if kind is FieldType.TEXT else self._chosen(kind)
            note = "" if choice.type else note
        column = ReadColumn(
            heading=choice.heading,
            name=choice.heading if choice.name is None else choice.name,
            type=kind,
            note=note,
            unit=self.hint.unit if kind.is_number else None,
            is_percent=self.hint.is_percent and kind is FieldType.DECIMAL,
            filled=self.survey.filled,
            empty=self.rows - self.survey.filled,
        )
        return self._text(column) if form is None else self._typed(column, form)

    def _guess(self) -> tuple[Form | None, str]:
        """The form of the guessed type, None for text, and a note on it."""
        survey = self.survey
        if not survey.filled:
            return None, "The column is empty."
        plain = [form for form in survey.forms if form.type is FieldType.BOOLEAN or form.key == PLAIN]
        if plain:
            return plain[0], self.hint.note
        for kinds in ((FieldType.INTEGER, FieldType.DECIMAL), (FieldType.DATE,), (FieldType.DATETIME,)):
            forms = [form for form in survey.forms if form.type in kinds]
            if forms:
                return self._decided(forms)
        return None, survey.note or self.hint.note

    def _decided(self, forms: Sequence[Form]) -> tuple[Form, str]:
        """The one that follows the file's habits, and a note where nothing but habit decides."""
        signs = {form.decimal for form in forms}
        orders = {form.order for form in forms}
        fitting = [f for f in forms if f.decimal in (None, self.habits.decimal) or len(signs) == 1]
        fitting = [f for f in fitting if f.order in (None, self.habits.order) or len(orders) == 1] or list(forms)
        if len(signs) > 1 and not self.habits.is_decimal_known and not self.hint.is_plain:
            return fitting[0], _AMBIGUOUS_NUMBERS.format(sign=_SIGNS[self.habits.decimal])
        if len(orders) > 1 and not self.habits.is_order_known:
            return fitting[0], _AMBIGUOUS_DATES.format(order=_ORDERS[self.habits.order])
        return fitting[0], self.hint.note

    def _chosen(self, kind: FieldType) -> Form:
        """The form of a chosen type that most cells follow; habits first among equals."""
        forms = [form for form in self.surveyor.forms if form.type is kind]
        forms.sort(
            key=lambda f: (f.decimal not in (None, self.habits.decimal), f.order not in (None, self.habits.order))
        )
        return max(self.surveyor.tally(self.name, forms), key=lambda tally: tally.count).form

    def _text(self, column: ReadColumn) -> PlannedColumn:
        empty = self.survey.missing
        return PlannedColumn(
            column=replace(column, unit=None, filled=self.rows - empty, empty=empty),
            value=self.surveyor.text(self.name),
        )

    def _typed(self, column: ReadColumn, form: Form) -> PlannedColumn:
        tally = self.survey.of(form) or self.surveyor.tally(self.name, [form])[0]
        value = form.of(self.surveyor.value(self.name))
        if column.type is FieldType.DECIMAL:
            column, value = self._number(column, tally, value)
        unreadable = self.survey.filled - tally.count
        if unreadable:
            column = replace(column, unreadable=unreadable, examples=self.surveyor.misses(self.name, form))
        return PlannedColumn(column=column, value=value)

    def _number(self, column: ReadColumn, tally: Tally, value: str) -> tuple[ReadColumn, str]:
        """Exact with as many digits as its values have, floating where they have more than are meant."""
        form, scale, digits = tally.form, tally.scale, tally.whole_digits + tally.scale
        if form.is_money:
            column = replace(column, unit=_CURRENCY_CODES.get(tally.currency, tally.currency))
        is_percent = form.is_percent or column.is_percent
        if tally.has_exponent or digits > _MAX_DIGITS - 2 or scale > _MAX_SCALE or self.hint.is_floating:
            value = f"TRY_CAST({value} AS DOUBLE)"
            return replace(column, is_percent=is_percent), f"({value} / 100)" if form.is_percent else value
        precision = max(_USUAL_DIGITS, digits)
        value = f"TRY_CAST({value} AS DECIMAL({precision}, {scale}))"
        if form.is_percent:
            value = f"CAST({value} * 0.01 AS DECIMAL({precision + 2}, {scale + 2}))"
            return replace(column, is_percent=True, scale=scale + 2), value
        return replace(column, scale=scale), value
