"""How files are to be made, as people ask for it: checked before anything is saved, the password sealed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from enum import Enum
from typing import Literal

from sqlalchemy.orm import Session

from core.artifacts.file_names import NAME_VARIABLES, check_file_name_template, example_file_name
from core.db import template_repository
from core.domain.file_options import FileOptions
from core.domain.text import is_one_line
from core.errors import InvalidInput, NotFound
from core.render import renderer_for
from core.secrets import SecretBox

__all__ = (
    "NAME_VARIABLES",
    "UNCHANGED",
    "PasswordChange",
    "check_choices",
    "check_dashboard_choices",
    "check_formats",
    "dashboard_formats",
    "hold_template",
    "name_example",
    "with_password",
)

#: Bytes in UTF-8; PDF takes no more than 127 (ISO 32000-2, 7.6.4.3.3).
MIN_PASSWORD, MAX_PASSWORD_BYTES = 8, 127


class Unchanged(Enum):
    """Stands for a password that a change does not speak of."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED
#: A new password, None for none any more, or the one that is there.
PasswordChange = str | Literal[Unchanged.UNCHANGED] | None


def check_formats(formats: Sequence[str]) -> tuple[str, ...]:
    """Return the formats, each known and named once. Raises InvalidInput."""
    if not formats:
        raise InvalidInput("Choose at least one file format.", place="formats")
    if len(set(formats)) != len(formats):
        raise InvalidInput("Each file format can be chosen once.", place="formats")
    for key in formats:
        renderer_for(key)
    return tuple(formats)


def dashboard_formats(formats: Sequence[str]) -> tuple[str, ...]:
    """Return the formats of a dashboard's files: "zip" says what CSV is there, a ZIP with a file for each tile."""
    return tuple("csv" if key == "zip" else key for key in formats)


def check_dashboard_choices(options: FileOptions, *, place: str) -> None:
    """Refuse what only the file of one report can be. Raises InvalidInput below `place`."""
    if options.xlsx.template_id is not None:
        where = f"{place}.xlsx.template_id"
        raise InvalidInput(f"{where}: A template is filled with one report; a dashboard has several.", place=where)


def check_choices(options: FileOptions, *, place: str) -> FileOptions:
    """Return the options, their template of file names checked. Raises InvalidInput below `place`."""
    if options.file_name is None:
        return options
    return replace(options, file_name=check_file_name_template(options.file_name, f"{place}.file_name"))


def hold_template(session: Session, options: FileOptions, *, place: str) -> None:
    """Keep the workbook to be filled from being deleted until the transaction's end. Raises InvalidInput."""
    if options.xlsx.template_id is None:
        return
    try:
        template_repository.lock_template(session, options.xlsx.template_id, share=True)
    except NotFound as error:
        raise InvalidInput(error.user_message, place=f"{place}.xlsx.template_id") from error


def with_password(
    options: FileOptions, change: PasswordChange, box: SecretBox | None, *, present: str | None = None
) -> FileOptions:
    """Return the options with their password sealed; `present` is the sealed one that UNCHANGED keeps.

    What the options themselves hold of a password is not looked at: nobody hands in a sealed one. Raises InvalidInput.
    """
    if change is Unchanged.UNCHANGED:
        return replace(options, sealed_password=present)
    if change is None:
        return replace(options, sealed_password=None)
    if box is None:
        raise InvalidInput("Files cannot be given a password here.", place="password")
    return replace(options, sealed_password=box.encrypt(_checked(change)))


def _checked(password: str) -> str:
    """Control characters and line ends could not be typed where the file is opened."""
    try:
        size = len(password.encode())
    except UnicodeEncodeError:
        size = 0
    if len(password) < MIN_PASSWORD:
        raise InvalidInput(f"A password has at least {MIN_PASSWORD} characters.", place="password")
    if size > MAX_PASSWORD_BYTES:
        raise InvalidInput(_too_long(password), place="password")
    if not is_one_line(password) or password != password.strip():
        raise InvalidInput("A password is one line without spaces around it.", place="password")
    return password


def _too_long(password: str) -> str:
    if password.isascii():
        return f"A password has up to {MAX_PASSWORD_BYTES} characters."
    return f"A password has up to {MAX_PASSWORD_BYTES} bytes: letters with accents count two or more each."


def name_example(options: FileOptions, formats: Sequence[str], *, title: str, organization: str, on: date) -> str:
    """Return what the first file of a report is called that is about the week before `on`. Raises InvalidInput."""
    extension = "zip" if options.zip else next(iter(formats), "xlsx")
    if extension == "csv" and options.csv.gzip:
        extension = "csv.gz"
    return example_file_name(options.file_name, title=title, organization=organization, on=on, extension=extension)
