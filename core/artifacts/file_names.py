"""Names of produced files: made from a template, safe on every system they may be saved on, each once among a run's."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.filter import ResolvedWindow
from core.domain.result import ResultHead
from core.errors import InvalidInput

DEFAULT_TEMPLATE = "{report} {period}"
#: What a template of file names may hold, with what it means; `{{name}}` is the same as `{name}`.
NAME_VARIABLES: dict[str, str] = {
    "report": "title of the report",
    "period": "first and last day of the period: 2026-11-16 to 2026-11-22",
    "period.start": "first day of the period: 2026-11-16",
    "period.end": "last day of the period: 2026-11-22",
    "date": "day the report stands for: 2026-11-23",
    "time": "time of day it stands for: 0900",
    "rows": "rows in the file: 1234",
    "version": "version of the report: 3, or draft",
    "organization": "name of the organization",
    "format": "format of the file: xlsx",
}

_MOST_BYTES = 150  #: of a name in UTF-8; file systems take 255, mail clients and zip tools add to it
_MOST_TEMPLATE = 200
_MOST_ENDING = 40
_MOST_VALUE = 60  #: bytes of a value that is a name, beside the title
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]')
#: Where a number goes into a name: before its ending, which may have two parts.
_LAST = re.compile(r"(\.csv)?\.[A-Za-z0-9]{1,8}$|$")
_SPACES = re.compile(r"\s+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(?=\.|\s|$)")
_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}|\{([^{}]*)\}")
#: Endings people write into a template though each file gets its own.
_ENDING = re.compile(r"(?i)(\.csv\.gz|\.(csv|xlsx|xlsm|pdf|html?|jsonl|parquet|zip|gz|json)|\.\{\{?\s*format\s*\}?\})$")
#: A variable with what leads to it and closes it, which goes with an empty value: "-{period.start}", " ({period})".
_SLOT = re.compile(r"([ _.,-]*[(\[]?)(?:\{\{([^{}]*)\}\}|\{([^{}]*)\})([)\]]?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFacts:
    """What the variables of a template stand for; all of it is input, none of it the clock."""

    title: str
    period: ResolvedWindow | None
    logical_at: datetime
    timezone: str
    rows: int
    version: int | None
    organization: str

    @classmethod
    def of(cls, head: ResultHead, rows: int) -> "NameFacts":
        """The facts of a result of which a file holds `rows`."""
        return cls(
            title=head.title,
            period=head.period,
            logical_at=head.logical_at,
            timezone=head.timezone,
            rows=rows,
            version=head.report_version,
            organization=head.organization,
        )


def check_file_name_template(text: str, place: str = "options.file_name") -> str:
    """Check a template when it is saved; returns it without spaces around it.

    Raises InvalidInput naming `place` and the variable that does not exist.
    """
    template = text.strip()
    if not template:
        raise InvalidInput("A name cannot be empty.", place=place)
    if len(template) > _MOST_TEMPLATE:
        raise InvalidInput(f"It has {len(template)} characters; at most {_MOST_TEMPLATE} are possible.", place=place)
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in template):
        raise InvalidInput("Control characters are not possible in a name.", place=place)
    for match in _VARIABLE.finditer(template):
        name = _name(match)
        if name not in NAME_VARIABLES:
            known = ", ".join(f"{{{variable}}}" for variable in NAME_VARIABLES)
            raise InvalidInput(f"There is no {{{name[:40]}}}. Possible are {known}.", place=place)
    if re.search(r"[{}]", _VARIABLE.sub("", template)):
        raise InvalidInput("A brace stands alone: write a variable as {report}.", place=place)
    return template


def file_name(facts: NameFacts, *, extension: str, format: str, template: str | None = None) -> str:  # noqa: A002
    """The name of one file: "Usage Summary 2026-11-16 to 2026-11-22.pdf".

    Letters of every script stay; separators, characters that Windows forbids, controls and marks that turn the reading
    direction become a dash or vanish; names that Windows reserves get an underscore; long titles are cut. A report
    without a period leaves no dangling dash. An ending in the template gives way to the file's own.
    """
    ending = re.sub(r"[^a-z0-9.]", "", extension.lower()).strip(".")[:_MOST_ENDING] or "bin"
    wanted = _without_ending(check_file_name_template(template or DEFAULT_TEMPLATE), ending)
    room = _MOST_BYTES - len(f"._{ending}".encode())
    values = name_values(facts, format)
    titles = max(1, sum(_name(match) == "report" for match in _VARIABLE.finditer(wanted)))
    rest = len(_fill(wanted, values | {"report": "x"}).encode()) - titles
    title = _cut(values["report"], max(1, (room - rest) // titles))
    return f"{_safe(_fill(wanted, values | {'report': title}), room)}.{ending}"


def _without_ending(template: str, own: str) -> str:
    """The template without the ending that people wrote into it: the file's own, or another format's."""
    return _ENDING.sub("", template.removesuffix(f".{own}")).rstrip()


def artifact_file_name(title: str, period: ResolvedWindow | None, format: str) -> str:  # noqa: A002
    """The usual name of a file whose ending is `format`."""
    facts = NameFacts(
        title=title,
        period=period,
        logical_at=datetime.fromtimestamp(0, UTC),
        timezone="UTC",
        rows=0,
        version=None,
        organization="",
    )
    return file_name(facts, extension=format, format=format)


def example_file_name(
    template: str | None,
    *,
    title: str,
    organization: str,
    on: date,
    extension: str = "xlsx",
) -> str:
    """What a template makes of a report of last week, for people who write one. Raises InvalidInput."""
    monday = on - timedelta(days=on.weekday() + 7)
    starts_at = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
    facts = NameFacts(
        title=title,
        period=ResolvedWindow(
            first_on=monday,
            last_on=monday + timedelta(days=6),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(days=7),
            timezone="UTC",
        ),
        logical_at=datetime(on.year, on.month, on.day, 9, tzinfo=UTC),
        timezone="UTC",
        rows=1234,
        version=3,
        organization=organization,
    )
    return file_name(facts, extension=extension, format=extension.partition(".")[0], template=template)


def unique_name(name: str, taken: Collection[str]) -> str:
    """The same name, with a number where it is taken: "Sales (2).csv". Capitals make no difference, as on Windows."""
    known = {_same(other) for other in taken}
    candidate, number = name, 1
    while _same(candidate) in known:
        number += 1
        candidate = _LAST.sub(rf" ({number})\g<0>", name, count=1)
    return candidate


def name_values(facts: NameFacts, format: str) -> dict[str, str]:  # noqa: A002
    """What the variables stand for, each safe inside a name."""
    at = facts.logical_at.astimezone(ZoneInfo(facts.timezone))
    first, last = (facts.period.first_on, facts.period.last_on) if facts.period else (None, None)
    days = [day.isoformat() for day in (first, last) if day is not None]
    return {
        "report": _plain(facts.title) or "Report",
        "period": " to ".join(dict.fromkeys(days)),
        "period.start": days[0] if days else "",
        "period.end": days[-1] if days else "",
        "date": at.date().isoformat(),
        "time": f"{at:%H%M}",
        "rows": str(facts.rows),
        "version": str(facts.version) if facts.version is not None else "draft",
        "organization": _cut(_clean(facts.organization), _MOST_VALUE),
        "format": format,
    }


def _fill(template: str, values: Mapping[str, str]) -> str:
    """Put the values in; what leads to an empty one goes with it."""

    def value_of(match: re.Match[str]) -> str:
        value = values[str(match[2] if match[2] is not None else match[3]).strip()]
        return f"{match[1]}{value}{match[4]}" if value else ""

    return _SLOT.sub(value_of, template)


def _safe(name: str, room: int) -> str:
    """A name that every system takes, of at most `room` bytes of UTF-8 and an underscore."""
    text = _cut(_plain(name), room) or "Report"
    return f"_{text}" if _RESERVED.match(text) else text


def _plain(text: str) -> str:
    """The text without what a name must not begin with: a dash would read as an option, a tilde as a home folder."""
    return _clean(text).strip(" .").lstrip("-~ .")


def _clean(text: str) -> str:
    readable = text.encode("utf-8", "replace").decode()
    line = unicodedata.normalize("NFC", _SPACES.sub(" ", readable))
    return _FORBIDDEN.sub(lambda found: "-" if found.group().isprintable() else "", line)


def _cut(text: str, room: int) -> str:
    """The front of a text, ending in a whole character."""
    return text.encode()[: max(0, room)].decode("utf-8", "ignore").strip(" .")


def _name(match: re.Match[str]) -> str:
    return str(match[1] if match[1] is not None else match[2]).strip()


def _same(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
