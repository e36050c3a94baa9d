"""Files in requests and answers: which formats, how they are made, and how far they are. A password only goes in."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from core.api.inputs import Instant, Json, Object, Text
from core.domain.file_options import FileOptions, dump_file_options, parse_file_options, without_password
from core.domain.run import RunProgress, dump_progress
from core.errors import InvalidInput
from core.services.file_choices import UNCHANGED, PasswordChange

#: What is kept with options, and never given with them.
_SEALED, _DELETED = "sealed_password", "deleted_template"

Password = Annotated[Text | None, Field(max_length=200, description="Locks the files; it is never shown again.")]
Options = Annotated[
    Object,
    Field(
        description='How files are made: `{"csv": {…}, "xlsx": {…}, "pdf": {…}, "file_name": "{report} {date}", '
        '"zip": true}`; what is left out is as usual.'
    ),
]


class PasswordIn(BaseModel):
    """What a change says of the password; nothing is said where it is left out."""

    password: Password = None

    def change(self) -> PasswordChange:
        """Return it for the service: null takes the password away, and where nothing is said it stays."""
        return self.password if "password" in self.model_fields_set else UNCHANGED


class FilesIn(BaseModel):
    """Files to make: one `format`, or several `formats`. `as_of` moves the logical time of relative dates."""

    model_config = ConfigDict(extra="forbid")

    format: Text | None = None
    formats: list[Text] | None = None
    as_of: Instant | None = None
    options: Options = Field(default_factory=dict)
    password: Password = None

    def order(self) -> dict[str, Any]:
        """Return what the service takes to make the files, by name. Raises InvalidInput."""
        if (self.format is None) == (self.formats is None):
            raise InvalidInput("Give either one format or a list of formats.", place="format")
        return {
            "formats": self.formats if self.format is None else (self.format,),
            "as_of": self.as_of,
            "options": options_in(self.options, "options"),
            "password": self.password,
        }


class ExportIn(FilesIn):
    """Files to make of a report, with values for what it asks."""

    parameters: Object = Field(default_factory=dict)


class DraftExportIn(ExportIn):
    """Files to make of a definition that is not saved."""

    definition: Json
    title: Text = Field("Report", max_length=200)


def options_in(data: Json, place: str) -> FileOptions:
    """Read options that stand at `place`. Raises InvalidInput naming the place: `file_options.pdf.style`."""
    if _SEALED in data:
        raise InvalidInput(f"There is no key '{_SEALED}' here. Give a password as 'password'.", place=place)
    if isinstance(data.get("xlsx"), dict) and _DELETED in data["xlsx"]:
        raise InvalidInput(f"There is no key '{_DELETED}' here.", place=f"{place}.xlsx")
    try:
        return parse_file_options(data)
    except InvalidInput as error:
        raise InvalidInput(error.user_message, place=place + (error.place or "").removeprefix("options")) from error


def options_out(options: FileOptions) -> Json:
    """Return options as they may be shown."""
    return dump_file_options(without_password(options))


def progress_out(progress: RunProgress | None) -> Json | None:
    """Return how far a run is; None where nobody works on it."""
    return None if progress is None else dump_progress(progress)
