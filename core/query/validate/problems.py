"""What checks of a definition share: refusals with their place, fields looked up, and types in words."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches

from core.domain.dataset import Dataset
from core.domain.field import Field, FieldType, Format
from core.domain.filter import Operator
from core.errors import FieldMissing, InvalidDefinition, InvalidInput

TYPE_WORDS = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "a number",
    FieldType.DECIMAL: "a number",
    FieldType.BOOLEAN: "true or false",
    FieldType.DATE: "a date",
    FieldType.DATETIME: "a date and time",
}
_PLURALS = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "numbers",
    FieldType.DECIMAL: "numbers",
    FieldType.BOOLEAN: "true or false",
    FieldType.DATE: "dates",
    FieldType.DATETIME: "dates",
}
MAX_DECIMALS = 15


def refusal(place: str, reason: str) -> InvalidDefinition:
    """What to raise for a mistake at `place`."""
    return InvalidDefinition(reason, place=place)


@contextmanager
def at(place: str) -> Iterator[None]:
    """Give refusals from inside this place."""
    try:
        yield
    except FieldMissing as error:
        raise FieldMissing(error.user_message, place=place, fields=error.fields) from error
    except InvalidInput as error:
        raise InvalidDefinition(error.user_message, place=place) from error


def known_field(dataset: Dataset, name: str, place: str) -> Field:
    """The field called `name`. Raises FieldMissing with the mend."""
    field = dataset.field(name)
    if field is None:
        mend = closest(name, [field.name for field in dataset.fields if not field.is_hidden])
        raise FieldMissing(f"{dataset.label} has no field '{name}'. {mend}", place=place, fields=(name,))
    return field


def known_measure(dataset: Dataset, name: str, place: str) -> None:
    """The dataset defines the measure called `name`. Raises FieldMissing with the mend."""
    if dataset.measure(name) is None:
        mend = closest(name, [measure.name for measure in dataset.measures])
        raise FieldMissing(f"{dataset.label} has no measure '{name}'. {mend}", place=place, fields=(name,))


def known_key(key: str, keys: Iterable[str], place: str, what: str) -> str:
    """The key itself where it is one of `keys`; `what` says what is looked for: "measure {} to rank by"."""
    if key not in (keys := tuple(keys)):
        words = what.format(f"'{key}'")
        raise refusal(place, f"The report has no {words}. {closest(key, keys)}")
    return key


def closest(name: str, known: Iterable[str]) -> str:
    """A hint at the name that was meant."""
    known = list(known)
    close = get_close_matches(name, known, n=1)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"There are {listed(known[:6])}{' and others' if len(known) > 6 else ''}." if known else "There is none."


def listed(names: Sequence[str]) -> str:
    """Names the way people list them: "'a', 'b' and 'c'"."""
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def types_listed(kinds: Iterable[FieldType]) -> str:
    """Types in words: "text", "numbers and dates"."""
    return " and ".join(dict.fromkeys(_PLURALS[kind] for kind in kinds))


def operator_label(operator: Operator) -> str:
    """What people read: "Is not empty"."""
    return str(operator).replace("_", " ").capitalize()


def check_format(written: Format | None, kind: FieldType, label: str, place: str) -> None:
    """Refuse a format that the values of `label` cannot have."""
    if written is None:
        return
    if written.decimals is not None and not 0 <= written.decimals <= MAX_DECIMALS:
        raise refusal(f"{place}.decimals", f"Numbers are written with 0 to {MAX_DECIMALS} decimals.")
    if written.date_style is not None and not kind.is_temporal:
        raise refusal(f"{place}.date_style", f"Only dates have a date style; {label} is {TYPE_WORDS[kind]}.")
