"""The JSON form of upload options and of what was read."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.domain.text import check_text
from core.domain.timezones import timezone_problem
from core.domain.upload import ReadColumn, UploadOptions
from core.errors import InvalidUpload

_OPTIONS = TypeAdapter(UploadOptions)
_COLUMNS = TypeAdapter(tuple[ReadColumn, ...])
_MAX_TEXT = 200
_MAX_LIST = 1000


def parse_options(data: object) -> UploadOptions:
    """Read options from JSON. Raises InvalidUpload with the place."""
    try:
        options = _OPTIONS.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(("options", *map(str, first["loc"])))
        raise InvalidUpload(f"{place}: {first['msg']}.", place=place) from error
    return checked_options(options)


def checked_options(options: UploadOptions) -> UploadOptions:
    """Return the options if every text in them can be used. Raises InvalidUpload with the place."""
    texts = {
        "sheet": options.sheet,
        "delimiter": options.delimiter,
        "encoding": options.encoding,
        **{f"empty_words[{index}]": word for index, word in enumerate(options.empty_words)},
        **{f"columns[{index}].heading": choice.heading for index, choice in enumerate(options.columns)},
        **{f"columns[{index}].name": choice.name for index, choice in enumerate(options.columns)},
    }
    for place, text in texts.items():
        if text is not None:
            check_text(text, place=f"options.{place}", max_length=_MAX_TEXT)
    if max(len(options.empty_words), len(options.columns)) > _MAX_LIST:
        raise InvalidUpload(f"At most {_MAX_LIST} columns or empty words can be named.", place="options")
    if options.decimal not in (None, ".", ","):
        raise InvalidUpload("The decimal sign is a point or a comma.", place="options.decimal")
    if options.skip_rows is not None and not 0 <= options.skip_rows <= _MAX_LIST:
        raise InvalidUpload(f"Between 0 and {_MAX_LIST} rows can be left out.", place="options.skip_rows")
    if options.timezone is not None and (problem := timezone_problem(options.timezone)):
        raise InvalidUpload(problem, place="options.timezone")
    return options


def dump_options(options: UploadOptions) -> dict[str, Any]:
    """Return the options as JSON, without those that are not set."""
    return _without_none(asdict(options))


def dump_columns(columns: tuple[ReadColumn, ...]) -> list[dict[str, Any]]:
    """Return what was read of the columns as JSON."""
    return [asdict(column) for column in columns]


def load_columns(data: object) -> tuple[ReadColumn, ...]:
    """Read what `dump_columns` wrote."""
    return _COLUMNS.validate_python(data)


def _without_none(data: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in data.items() if value is not None}
    if "columns" in kept:
        kept["columns"] = [_without_none(choice) for choice in kept["columns"]]
    return kept
