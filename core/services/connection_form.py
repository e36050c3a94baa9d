"""Checks what a person filled into a source's form, field by field, before anything is opened or saved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.catalog.sources import SOURCES
from core.catalog.sources.connector import ConnectionField, SourceKind
from core.domain.catalog import SourceDraft
from core.domain.dataset import Source
from core.domain.field import FieldType
from core.domain.text import check_text
from core.errors import InvalidAddress, InvalidInput
from core.net import host_name

Connection = dict[str, str | int | bool]

MAX_NAME_LENGTH = 200
_MAX_VALUE_LENGTH = 1000
#: Certificates and keys are secrets too.
_MAX_SECRET_LENGTH = 20_000
#: Fields whose value has lines: certificates as PEM text, several of them at times.
_WITH_LINES = frozenset({"certificate"})
#: Fields that name a server. Passwords that stand in addresses typed here would be shown and stored in the clear.
_HOSTS = frozenset({"host", "replica_host"})
#: Whole numbers and their bounds, by field.
_BOUNDS = {"port": (1, 65535), "replica_port": (1, 65535), "max_connections": (1, 64)}
#: Changes of these send no secret anywhere else.
_HARMLESS = frozenset({"database", "schema", "max_connections"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledForm:
    """A draft that fits its kind: trimmed, typed, with defaults; `secrets` may still lack those that are stored."""

    name: str
    kind: SourceKind
    connection: Connection
    secrets: dict[str, str]


def read_form(draft: SourceDraft) -> FilledForm:
    """Return what was filled in; raises InvalidInput at the first field that does not fit."""
    kind = _kind(draft.kind)
    fields = {field.name: field for field in kind.connection_fields}
    for place, given, is_secret in (("connection", draft.connection, False), ("secrets", draft.secrets, True)):
        for name in given:
            if name not in fields or fields[name].is_secret is not is_secret:
                raise InvalidInput(f"{kind.label} has no field '{name[:80]}' here.", place=f"{place}.{name[:80]}")
    connection: Connection = {}
    for field in kind.connection_fields:
        if not field.is_secret and (value := read_field(field, draft.connection.get(field.name))) is not None:
            connection[field.name] = value
    return FilledForm(
        name=read_name(draft.name),
        kind=kind,
        connection=connection,
        secrets={name: read_secret(fields[name], value) for name, value in draft.secrets.items()},
    )


def read_name(name: str) -> str:
    """Return a source's name without blanks around it; raises InvalidInput."""
    trimmed = name.strip()
    if not trimmed:
        raise InvalidInput("Give the source a name.", place="name")
    return check_text(trimmed, place="name", max_length=MAX_NAME_LENGTH, one_line=True)


def with_stored_secrets(form: FilledForm, stored: Mapping[str, str], saved: Source) -> dict[str, str]:
    """Return the secrets to use: those given, and the stored ones for the rest.

    Stored secrets go only where they went before: a person who may change the source but does not know its password
    could otherwise have it sent to a host of their own. Raises InvalidInput naming the secret to give again.
    """
    needed = {field.name: field for field in form.kind.connection_fields if field.is_secret}
    kept = {name: value for name, value in stored.items() if name in needed and name not in form.secrets}
    if kept and _leads_elsewhere(form, saved):
        name = next(iter(kept))
        raise InvalidInput(
            f"Give the {in_text(needed[name])} again: it is only sent to where it was given for.",
            place=f"secrets.{name}",
        )
    return {**kept, **form.secrets}


def check_secrets(form: FilledForm, secrets: Mapping[str, str]) -> None:
    """Raise InvalidInput where a secret that the kind needs is not there."""
    for field in form.kind.connection_fields:
        if field.is_secret and field.is_required and not secrets.get(field.name):
            raise InvalidInput(f"Fill in the {in_text(field)}.", place=f"secrets.{field.name}")


def _kind(key: str) -> SourceKind:
    kind = SOURCES.get(key)
    if kind is None or not kind.is_offered:
        offered = ", ".join(name for name in SOURCES if SOURCES[name].is_offered)
        raise InvalidInput(f"There is no kind of source called '{key[:80]}'. There are: {offered}.", place="kind")
    return kind


def _leads_elsewhere(form: FilledForm, saved: Source) -> bool:
    if form.kind.key != saved.kind:
        return True
    names = (form.connection.keys() | saved.connection.keys()) - _HARMLESS
    return any(form.connection.get(name) != saved.connection.get(name) for name in names)


def read_field(field: ConnectionField, given: object, within: str = "connection") -> str | int | bool | None:
    """Return one input, typed and trimmed, or its default; raises InvalidInput at `within` and its name."""
    place = f"{within}.{field.name}"
    value = given.strip() if isinstance(given, str) else given
    if value is None or value == "":
        if field.default is not None:
            return field.default
        if field.is_required:
            raise InvalidInput(f"Fill in the {in_text(field)}.", place=place)
        return None
    return _READERS[field.type](field, value, place)


def _read_text(field: ConnectionField, value: object, place: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"The {in_text(field)} is text.", place=place)
    if field.name in _WITH_LINES:
        return check_text(value, place=place, max_length=_MAX_SECRET_LENGTH)
    check_text(value, place=place, max_length=_MAX_VALUE_LENGTH, one_line=True)
    if field.name in _HOSTS:
        _check_host(value, place)
    if field.choices and value not in field.choices:
        raise InvalidInput(f"The {in_text(field)} is one of: {', '.join(field.choices)}.", place=place)
    return value


def _check_host(value: str, place: str) -> None:
    """Refuse what is no host whatever the network says; which hosts may be reached is asked when it is opened."""
    try:
        host_name(value)
    except InvalidAddress as error:
        raise InvalidInput(error.user_message, place=place) from error


def _read_integer(field: ConnectionField, value: object, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise InvalidInput(f"The {in_text(field)} is a whole number.", place=place)
    least, most = _BOUNDS.get(field.name, (0, value))
    if not least <= value <= most:
        raise InvalidInput(f"The {in_text(field)} is a number from {least} to {most:,}.", place=place)
    return value


def _read_flag(field: ConnectionField, value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"The {in_text(field)} is yes or no.", place=place)
    return value


def read_secret(field: ConnectionField, value: str) -> str:
    """Return one secret; raises InvalidInput."""
    place = f"secrets.{field.name}"
    if not isinstance(value, str):
        raise InvalidInput(f"The {in_text(field)} is text.", place=place)
    return check_text(value, place=place, max_length=_MAX_SECRET_LENGTH)


def in_text(field: ConnectionField) -> str:
    """The label inside a sentence: "Host name" as "host name", "TLS mode" as it is."""
    first, _, rest = field.label.partition(" ")
    lowered = first if first.isupper() and len(first) > 1 else first[:1].lower() + first[1:]
    return f"{lowered} {rest}".strip()


_READERS: Mapping[FieldType, Callable[[ConnectionField, object, str], str | int | bool]] = {
    FieldType.TEXT: _read_text,
    FieldType.INTEGER: _read_integer,
    FieldType.BOOLEAN: _read_flag,
}
