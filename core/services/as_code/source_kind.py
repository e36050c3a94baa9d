"""Sources as files: how data is reached, without what opens the way. Uploaded files do not travel."""

from collections.abc import Iterator
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from core.catalog.sources import SOURCES
from core.catalog.sources.file_source import FILE
from core.domain.catalog import WORKSPACE_KIND, SourceDraft
from core.domain.dataset import Source
from core.domain.json_values import Name, Value
from core.errors import InvalidInput
from core.services.as_code.desk import Desk, Json, shortened
from core.services.as_code.kind import NOUNS, FileModel, Plain
from core.services.as_code.kind import SOURCES as FOLDER
from core.services.as_code.secret_names import Secret, given_secrets, placeholder, refuse_missing


class SourceFile(FileModel):
    """A source."""

    name: Name = Field(description="What it is called; datasets name it so.")
    kind: Name = Field(description=f"What it is: {', '.join(key for key in SOURCES if key != WORKSPACE_KIND)}.")
    connection: dict[Name, Value] = Field({}, description="What its kind asks for.")
    secrets: dict[Name, Secret] = Field({}, description="Where its secrets come from; those left out stay as they are.")


class SourceKind(Plain):
    """The sources of an organization, but for the workspace's own activity."""

    folder: ClassVar[str] = FOLDER
    has_namesakes: ClassVar[bool] = False
    model: ClassVar[type[BaseModel]] = SourceFile

    def read_all(self, desk: Desk) -> Iterator[tuple[UUID, str, Json | str]]:
        """Every source that people made."""
        for source in desk.tools.sources.list(desk.principal):
            if source.kind != WORKSPACE_KIND:
                yield source.id, source.name, _data(desk, source)

    def read(self, desk: Desk, thing_id: UUID) -> Json:
        """One source."""
        return _data(desk, desk.tools.sources.get(desk.principal, thing_id))

    def secrets_changed(self, desk: Desk, data: Json, thing_id: UUID) -> tuple[str, ...]:
        """Those that the environment holds and that are stored differently."""
        stored = desk.source_secrets(thing_id)
        given = given_secrets(data.get("secrets", {}), desk.environment)
        return tuple(name for name, value in given.items() if stored.get(name) != value)

    def put(self, desk: Desk, data: Json, thing_id: UUID | None) -> UUID:
        """Keep a source. Raises InvalidInput for a secret that is neither given nor stored, and for uploaded files."""
        if data["kind"] == FILE.key:
            return _uploaded(desk, data, thing_id)
        written = data.get("secrets", {})
        given = given_secrets(written, desk.environment)
        stored = {} if thing_id is None else desk.source_secrets(thing_id)
        refuse_missing(written, given.keys() | stored.keys())
        draft = SourceDraft(name=data["name"], kind=data["kind"], connection=data.get("connection", {}), secrets=given)
        if thing_id is None:
            return desk.tools.sources.create(desk.principal, draft).id
        return desk.tools.sources.save(desk.principal, thing_id, draft).id

    def remove(self, desk: Desk, thing_id: UUID) -> None:
        """Take a source away."""
        desk.tools.sources.delete(desk.principal, thing_id)


def _uploaded(desk: Desk, data: Json, thing_id: UUID | None) -> UUID:
    """Uploaded files are taken as they are found here. Raises InvalidInput where they are not."""
    if thing_id is None or desk.tools.sources.get(desk.principal, thing_id).kind != FILE.key:
        words = f"Uploaded files do not travel. Upload them here first, as a source called {data['name']}."
        raise InvalidInput(words, place="name")
    return thing_id


def _data(desk: Desk, source: Source) -> Json:
    """Where uploads lie is this installation's own business."""
    connection = {} if source.kind == FILE.key else dict(sorted(source.connection.items()))
    names = [] if source.kind == FILE.key else sorted(desk.source_secrets(source.id))
    return shortened(
        {
            "name": source.name,
            "kind": source.kind,
            "connection": connection,
            "secrets": {name: placeholder(NOUNS[FOLDER], source.name, name) for name in names},
        }
    )
