"""Texts with `{name}` variables from a fixed list, for subjects and messages of schedules; users never reach Jinja."""

import re
import unicodedata
from collections.abc import Mapping

from core.address import check_header
from core.errors import InvalidAddress, InvalidInput

DEFAULT_SUBJECT = "{report} · {period}"
#: What a template may name, with what it means; `{kpi.NAME}` comes on top, one for each headline figure.
VARIABLES: dict[str, str] = {
    "report": "title of the report",
    "period": "the period in words",
    "period.start": "first day of the period",
    "period.end": "last day of the period",
    "rows": "rows in the files",
    "rows_matched": "rows the question has without its limit",
    "date": "day the report stands for",
    "as_of": "when the data was read",
    "organization": "name of the organization",
    "schedule": "name of the schedule",
    "recipient": "address of the recipient",
    "recipient.name": "name of the recipient, or the address where it is not known",
    "recipient.locale": "language of the recipient, as in en-GB, where it is known",
}
_KPI = "kpi."
_RECIPIENT = "recipient."
_MOST_BODY = 10_000
_LONE_BRACE = "A brace stands alone: write a variable as {report}."
#: `{{name}}` before `{name}`; a brace that is left over is a mistake.
_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}|\{([^{}]*)\}")


def check_template(text: str, place: str, *, with_fields: bool = False) -> str:
    """Check a message's text when it is saved; returns it. Raises InvalidInput naming `place` and the variable.

    `with_fields`: its recipients stand in the data, whose fields it may name, as in `{recipient.region}`.
    """
    if len(text) > _MOST_BODY:
        raise InvalidInput(f"It has {len(text)} characters; at most {_MOST_BODY} are possible.", place=place)
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\r\n\t":
            raise InvalidInput("Control characters are not possible here.", place=place)
    _check_variables(text, place, with_fields=with_fields)
    return text


def check_subject(text: str, place: str, *, with_fields: bool = False) -> str:
    """Check a subject when it is saved: as `check_template`, and on one line. Returns it without spaces around it."""
    subject = check_header(text, place=place)
    if not subject:
        raise InvalidInput("A subject cannot be empty.", place=place)
    _check_variables(subject, place, with_fields=with_fields)
    return subject


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put `values` in place of the variables; what a value holds is not looked at again.

    Keys are those of `VARIABLES`, and `kpi.` with the figure's label. A figure the report no longer has becomes words
    that say so: the mail still goes out. Raises InvalidInput for unknown names.
    """
    _check_variables(text, "template", with_fields=True)
    by_lower = {name.lower(): value for name, value in values.items()}

    def value_of(match: re.Match[str]) -> str:
        name = _name(match)
        if name in values:
            return values[name]
        if name.startswith(_KPI):
            return by_lower.get(name.lower(), f"(no figure called {name.removeprefix(_KPI)})")
        return ""

    return _VARIABLE.sub(value_of, text)


def names_in(text: str) -> tuple[str, ...]:
    """The names of the variables in a text. Raises InvalidAddress where a brace stands alone."""
    if re.search(r"[{}]", _VARIABLE.sub("", text)):
        raise InvalidAddress(_LONE_BRACE)
    return tuple(_name(match) for match in _VARIABLE.finditer(text))


def fill_variables(text: str, values: Mapping[str, str]) -> str:
    """Put `values` in place of variables that were checked; what a value holds is not looked at again."""
    return _VARIABLE.sub(lambda match: values[_name(match)], text)


def fill_subject(text: str, values: Mapping[str, str]) -> str:
    """`fill` for a header: values go on one line without control characters, and the whole is cut at 250."""
    clean = {name: " ".join(_printable(value).split()) for name, value in values.items()}
    subject = fill(text, clean).strip()
    return subject if len(subject) <= 250 else subject[:249].rstrip() + "…"


def recipient_fields(*texts: str) -> tuple[str, ...]:
    """The fields of the recipients' dataset that texts name, each once, without what is known of every recipient."""
    named = (_name(match) for text in texts for match in _VARIABLE.finditer(text))
    fields = (name.removeprefix(_RECIPIENT) for name in named if name not in VARIABLES and _is_field(name))
    return tuple(dict.fromkeys(fields))


def _is_field(name: str) -> bool:
    return name.startswith(_RECIPIENT) and name != _RECIPIENT


def _check_variables(text: str, place: str, *, with_fields: bool) -> None:
    """Every pair of braces holds a known name, and there are no other braces."""
    for match in _VARIABLE.finditer(text):
        name = _name(match)
        is_known = name in VARIABLES or (name.startswith(_KPI) and name != _KPI)
        if not is_known and not (with_fields and _is_field(name)):
            known = ", ".join(f"{{{variable}}}" for variable in VARIABLES)
            raise InvalidInput(f"There is no {{{name[:40]}}}. Possible are {known} and {{kpi.NAME}}.", place=place)
    if re.search(r"[{}]", _VARIABLE.sub("", text)):
        raise InvalidInput(_LONE_BRACE, place=place)


def _name(match: re.Match[str]) -> str:
    """The name inside the braces."""
    return str(match[1] if match[1] is not None else match[2]).strip()


def _printable(text: str) -> str:
    """`text` with spaces for whatever a header may not hold."""
    bad = ("Cc", "Cs", "Zl", "Zp")
    return "".join(" " if unicodedata.category(character) in bad else character for character in text)
