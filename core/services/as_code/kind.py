"""What a kind of thing is to the files: one protocol, the forms' common ground, and references from one to another."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from core.domain.json_form import mistake_words, place_of
from core.errors import InvalidInput
from core.services.as_code.desk import Desk, Json
from core.services.as_code.names import LeftOut

CALENDARS, GROUPS, DESTINATIONS, SOURCES = "calendars", "groups", "destinations", "sources"
DATASETS, REPORTS, DASHBOARDS, SCHEDULES = "datasets", "reports", "dashboards", "schedules"
NOUNS = {
    CALENDARS: "calendar",
    GROUPS: "group",
    DESTINATIONS: "destination",
    SOURCES: "source",
    DATASETS: "dataset",
    REPORTS: "report",
    DASHBOARDS: "dashboard",
    SCHEDULES: "schedule",
}


class FileModel(BaseModel):
    """A file's keys; every other one is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A place in a file that names a thing of some kind."""

    place: str
    folder: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something in a file that cannot be."""

    place: str
    message: str


class FileKind(Protocol):
    """One kind of thing: where its files lie, how they are checked, written and made true."""

    folder: ClassVar[str]
    #: Whether two of them may be called alike.
    has_namesakes: ClassVar[bool]
    model: ClassVar[type[BaseModel]]

    def references(self, data: Json) -> Iterator[Reference]:
        """Every place that names another thing. The data fits the model."""
        ...

    def mistakes(self, data: Json) -> Iterator[Mistake]:
        """What cannot be, as far as that is seen without the workspace. The data fits the model."""
        ...

    def kept(self, desk: Desk) -> Iterator[tuple[UUID, str]]:
        """Id and name of things that may be referred to although no file speaks of them."""
        ...

    def read_all(self, desk: Desk) -> Iterator[tuple[UUID, str, Json | str]]:
        """Id, name and data of everything there is, by name; a text instead of data says why it is left out."""
        ...

    def read(self, desk: Desk, thing_id: UUID) -> Json:
        """The data of one thing, as `read_all` gives it."""
        ...

    def secrets_changed(self, desk: Desk, data: Json, thing_id: UUID) -> tuple[str, ...]:
        """The secrets that the environment holds and that are stored differently."""
        ...

    def put(self, desk: Desk, data: Json, thing_id: UUID | None) -> UUID:
        """Make a thing, or change the one that is there. Raises BroadsheetError with the place in the file."""
        ...

    def remove(self, desk: Desk, thing_id: UUID) -> None:
        """Take a thing away. Raises BroadsheetError where something still uses it."""
        ...


class Plain:
    """What most kinds have in common: nothing is kept, nothing is secret, no further mistakes."""

    def references(self, data: Json) -> Iterator[Reference]:  # noqa: ARG002
        """None."""
        return iter(())

    def mistakes(self, data: Json) -> Iterator[Mistake]:  # noqa: ARG002
        """None."""
        return iter(())

    def kept(self, desk: Desk) -> Iterator[tuple[UUID, str]]:  # noqa: ARG002
        """None."""
        return iter(())

    def secrets_changed(self, desk: Desk, data: Json, thing_id: UUID) -> tuple[str, ...]:  # noqa: ARG002
        """None."""
        return ()


def unless_left_out(data: Callable[[], Json]) -> Json | str:
    """The data of a thing, or why it is left out."""
    try:
        return data()
    except LeftOut as error:
        return error.user_message


def model_mistakes(model: type[BaseModel], data: object, within: str = "") -> Iterator[Mistake]:
    """Everything that does not fit a model, each at its place."""
    try:
        model.model_validate(data)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=True):
            place = place_of(found["loc"])
            whole = ".".join(part for part in (within, place) if part).replace(".[", "[")
            yield Mistake(place=whole, message=mistake_words(found, key=place.rpartition(".")[2]))


def refused(error: InvalidInput, *, within: str = "", renamed: Mapping[str, str] | None = None) -> Mistake:
    """The mistake that an error tells of, where the file has it."""
    return Mistake(
        place=placed(error.place, within=within, renamed=renamed), message=words_of(error.user_message, error)
    )


def placed(place: str | None, *, within: str = "", renamed: Mapping[str, str] | None = None) -> str:
    """Where a file has what a service calls `place`; `renamed`: keys that are called otherwise in files."""
    at = place or ""
    for theirs, ours in (renamed or {}).items():
        at = at.replace(theirs, ours)
    return ".".join(part for part in (within, at) if part)


def words_of(message: str, error: InvalidInput) -> str:
    """The message without the place that some of them begin with."""
    return message.removeprefix(f"{error.place}: ") if error.place else message


def text_of(data: Mapping[str, Any], name: str) -> str:
    """A text of a file; empty where it is left out."""
    return str(data.get(name) or "")
