"""Reports as files: what they ask as the API has it, with the dataset by name; their folder, tags and readers."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from core.domain.definition import ReportDefinition
from core.domain.definition_json import KEPT_KEYS, parse_definition
from core.domain.definition_models import DefinitionModel
from core.domain.json_form import dump_value
from core.domain.json_values import Name, Words, refusal
from core.domain.library import MAX_FOLDER_DEPTH, MAX_TAGS, ReportLine
from core.domain.report import Report
from core.errors import InvalidInput
from core.services.as_code.desk import PAGE, Desk, Json, every, shortened
from core.services.as_code.kind import (
    DATASETS,
    NOUNS,
    REPORTS,
    FileModel,
    Mistake,
    Plain,
    Reference,
    refused,
    text_of,
    unless_left_out,
)
from core.services.as_code.placing import within
from core.services.as_code.sharing_text import (
    KEY,
    SharingFile,
    group_references,
    put_sharing,
    sharing_data,
)
from core.services.library import Done

_NOWHERE = UUID(int=0)
_OUTER = frozenset({"name", "description", "folder", "tags", "dataset", KEY})


class AskedFile(DefinitionModel):
    """What a report asks of its dataset."""

    dataset_id: UUID = _NOWHERE

    @model_validator(mode="before")
    @classmethod
    def _refuse_ids(cls, value: Any) -> Any:
        if isinstance(value, dict) and "dataset_id" in value:
            raise refusal("There is no key 'dataset_id' here. Name the 'dataset' beside the definition.")
        return value


class ReportFile(FileModel):
    """A report."""

    name: Name = Field(description="What it is called.")
    description: Words = Field("", description="What it is for.")
    folder: tuple[Name, ...] = Field(
        (), max_length=MAX_FOLDER_DEPTH, description="The folder it stands in, the outermost first."
    )
    tags: tuple[Name, ...] = Field((), max_length=MAX_TAGS, description="Its tags.")
    sharing: SharingFile | None = Field(None, description="For whom it is; left out, that stays as it is.")
    dataset: Name = Field(description="The dataset it asks.")
    definition: AskedFile = Field(description="What it asks.")


class ReportKind(Plain):
    """The reports of an organization that are not archived."""

    folder: ClassVar[str] = REPORTS
    has_namesakes: ClassVar[bool] = True
    model: ClassVar[type[BaseModel]] = ReportFile

    def references(self, data: Json) -> Iterator[Reference]:
        """Its dataset and the groups that it is shared with."""
        yield Reference(place="dataset", folder=DATASETS, name=data["dataset"])
        yield from group_references(data)

    def mistakes(self, data: Json) -> Iterator[Mistake]:
        """What the definition itself does not allow."""
        try:
            _definition(data, _NOWHERE)
        except InvalidInput as error:
            yield refused(error, within="definition")

    def read_all(self, desk: Desk) -> Iterator[tuple[UUID, str, Json | str]]:
        """Every report."""
        tools, principal = desk.tools, desk.principal
        lines = {
            line.id: line for line in every(lambda number: tools.library.lines(principal, page=number, limit=PAGE))
        }
        for report in every(lambda number: tools.reports.list(principal, page=number, limit=PAGE)):
            yield report.id, report.name, unless_left_out(partial(_data, desk, report, lines[report.id]))

    def read(self, desk: Desk, thing_id: UUID) -> Json:
        """One report."""
        tools, principal = desk.tools, desk.principal
        return _data(desk, tools.reports.get(principal, thing_id), tools.library.line(principal, thing_id))

    def put(self, desk: Desk, data: Json, thing_id: UUID | None) -> UUID:
        """Keep a report, as a new version where what it asks or says is another."""
        definition = _definition(data, desk.names.id_of(DATASETS, data["dataset"], noun=NOUNS[DATASETS]))
        description = text_of(data, "description")
        service = desk.tools.reports
        with within("definition", but=_OUTER):
            if thing_id is None:
                made = service.create(desk.principal, name=data["name"], description=description, definition=definition)
                thing_id = made.id
            elif not _is_same(service.get(desk.principal, thing_id), data["name"], description, definition):
                service.save(
                    desk.principal, thing_id, name=data["name"], description=description, definition=definition
                )
        _shelve(desk, thing_id, data)
        put_sharing(desk, desk.tools.sharing, thing_id, data.get(KEY))
        return thing_id

    def remove(self, desk: Desk, thing_id: UUID) -> None:
        """Take a report away."""
        desk.tools.library.delete(desk.principal, thing_id)


def _definition(data: Json, dataset_id: UUID) -> ReportDefinition:
    return parse_definition({**data["definition"], "dataset_id": str(dataset_id)})


def _is_same(report: Report, name: str, description: str, definition: ReportDefinition) -> bool:
    return (report.name, report.description, report.definition) == (name.strip(), description.strip(), definition)


def _shelve(desk: Desk, report_id: UUID, data: Json) -> None:
    """Put a report into its folder, which is made where it is not there, and give it its tags."""
    library, principal = desk.tools.library, desk.principal
    line = library.line(principal, report_id)
    folder_id = _folder(desk, data.get("folder", ()))
    if line.folder_id != folder_id:
        _check(library.move(principal, [report_id], folder_id), "folder")
    tags = data.get("tags", ())
    if list(line.tags) != list(tags):
        _check(library.tag(principal, [report_id], add=tags, remove=line.tags), "tags")


def _folder(desk: Desk, path: Sequence[str]) -> UUID | None:
    found: UUID | None = None
    for depth in range(len(path)):
        wanted = tuple(path[: depth + 1])
        folders = desk.tools.library.shelves(desk.principal).folders
        there = next((one.id for one in folders if one.path == wanted), None)
        with within("", renamed="folder"):
            found = there or desk.tools.library.create_folder(desk.principal, name=wanted[-1], parent_id=found).id
    return found


def _check(done: Sequence[Done], place: str) -> None:
    for one in done:
        if one.refused is not None:
            raise InvalidInput(one.refused, place=place)


def _data(desk: Desk, report: Report, line: ReportLine) -> Json:
    folders = {one.id: one.path for one in desk.tools.library.shelves(desk.principal).folders} if line.folder_id else {}
    definition = dump_value(report.definition, kept=KEPT_KEYS)
    return shortened(
        {
            "name": report.name,
            "description": report.description,
            "folder": list(folders.get(line.folder_id, ())) if line.folder_id else [],
            "tags": list(line.tags),
            "sharing": sharing_data(desk, desk.tools.sharing, report.id),
            "dataset": desk.names.reference(DATASETS, report.definition.dataset_id),
        }
    ) | {"definition": {key: value for key, value in definition.items() if key != "dataset_id"}}
