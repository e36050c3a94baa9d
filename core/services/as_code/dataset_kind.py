"""Datasets as files: their content as the API has it, with the source by name."""

from collections.abc import Iterator
from functools import partial
from typing import ClassVar
from uuid import UUID, uuid4

from pydantic import BaseModel, Field

from core.domain.catalog import WORKSPACE_KIND
from core.domain.dataset import Dataset
from core.domain.dataset_json import dump_content, load_dataset
from core.domain.dataset_models import ContentModel
from core.domain.definition_json import KEPT_KEYS
from core.domain.json_form import dump_value
from core.domain.json_values import Name
from core.errors import InvalidInput
from core.services.as_code.desk import Desk, Json
from core.services.as_code.kind import DATASETS, NOUNS, SOURCES, Mistake, Plain, Reference, refused, unless_left_out

_OUTER = ("name", "label", "source")
_NOWHERE = UUID(int=0)


class DatasetFile(ContentModel):
    """A dataset."""

    name: Name = Field(description="Its key; reports name it so.")
    label: Name = Field(description="What people see.")
    source: Name = Field(description="The source it asks.")


class DatasetKind(Plain):
    """The datasets of an organization; those on the workspace's own activity are the same everywhere."""

    folder: ClassVar[str] = DATASETS
    has_namesakes: ClassVar[bool] = False
    model: ClassVar[type[BaseModel]] = DatasetFile

    def references(self, data: Json) -> Iterator[Reference]:
        """Its source."""
        yield Reference(place="source", folder=SOURCES, name=data["source"])

    def mistakes(self, data: Json) -> Iterator[Mistake]:
        """What the content itself does not allow."""
        try:
            _parse(data, organization_id=_NOWHERE, source_id=_NOWHERE, dataset_id=_NOWHERE)
        except InvalidInput as error:
            yield refused(error)

    def kept(self, desk: Desk) -> Iterator[tuple[UUID, str]]:
        """Those that Broadsheet itself keeps in every workspace."""
        own = {one.id for one in desk.tools.sources.list(desk.principal) if one.kind == WORKSPACE_KIND}
        for dataset in desk.tools.catalog.datasets(desk.principal):
            if dataset.source_id in own:
                yield dataset.id, dataset.name

    def read_all(self, desk: Desk) -> Iterator[tuple[UUID, str, Json | str]]:
        """Every dataset that people made."""
        own = {thing_id for thing_id, _ in self.kept(desk)}
        for dataset in desk.tools.catalog.datasets(desk.principal):
            if dataset.id not in own:
                yield dataset.id, dataset.name, unless_left_out(partial(_data, desk, dataset))

    def read(self, desk: Desk, thing_id: UUID) -> Json:
        """One dataset."""
        return _data(desk, desk.tools.catalog.dataset_as_made(desk.principal, thing_id))

    def put(self, desk: Desk, data: Json, thing_id: UUID | None) -> UUID:
        """Keep a dataset. What its change does to reports is seen once those that the files change have changed too."""
        source_id = desk.names.id_of(SOURCES, data["source"], noun=NOUNS[SOURCES])
        wanted = _parse(
            data,
            organization_id=desk.principal.organization_id,
            source_id=source_id,
            dataset_id=thing_id or uuid4(),
        )
        service = desk.tools.datasets
        if thing_id is None:
            saved = service.create(desk.principal, wanted)
        else:
            saved = service.save(desk.principal, wanted, is_confirmed=True)
        if saved.is_certified != wanted.is_certified:
            service.certify(desk.principal, saved.id, wanted.is_certified)
        return saved.id

    def remove(self, desk: Desk, thing_id: UUID) -> None:
        """Take a dataset away."""
        desk.tools.datasets.delete(desk.principal, thing_id)


def _parse(data: Json, *, organization_id: UUID, source_id: UUID, dataset_id: UUID) -> Dataset:
    return load_dataset(
        {key: value for key, value in data.items() if key not in _OUTER},
        dataset_id=dataset_id,
        organization_id=organization_id,
        source_id=source_id,
        name=data["name"],
        label=data["label"],
    )


def _data(desk: Desk, dataset: Dataset) -> Json:
    """Keys at their defaults are left out, in its fields too."""
    said = dump_value(dataset, kept=KEPT_KEYS)
    content = {key: said[key] for key in dump_content(dataset) if key in said}
    reference = desk.names.reference(SOURCES, dataset.source_id)
    return {"name": dataset.name, "label": dataset.label, "source": reference, **content}
