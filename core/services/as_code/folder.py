"""The folder that a workspace lies in as files: read with the line of everything, written only where it changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from core.errors import ArtifactError, InvalidInput
from core.services.as_code.kinds import FOLDERS
from core.services.as_code.yaml_text import ReadYaml, YamlMistake, read_yaml

ENDINGS = (".yaml", ".yml")
SCHEMAS = ".schema"
#: The first line of every file that is written here; nothing else is ever removed.
HEADER = f"# yaml-language-server: $schema=../{SCHEMAS}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What stands in the way: in which file, on which line, at which place."""

    file: str
    line: int
    place: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file that could be read."""

    path: str  #: inside the folder, as in reports/usage-summary.yaml
    folder: str
    stem: str
    read: ReadYaml

    def problem(self, place: str | None, message: str) -> Problem:
        """What is wrong at one of its places."""
        return Problem(file=self.path, line=self.read.line_of(place), place=place or "", message=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderContent:
    """What a folder holds: what can be read, what cannot, and YAML in other folders, which is not looked at."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What writing changed, by path."""

    written: tuple[str, ...]
    unchanged: int
    removed: tuple[str, ...]


def read_folder(directory: Path) -> FolderContent:
    """Read every file of the known kinds. Raises InvalidInput where there is none at all."""
    if not directory.is_dir():
        raise InvalidInput(f"There is no folder {directory}.", place="dir")
    documents: list[Document] = []
    problems: list[Problem] = []
    ignored: list[str] = []
    for path in sorted(path for path in directory.glob("*/*") if path.suffix in ENDINGS and path.is_file()):
        name = path.relative_to(directory).as_posix()
        if path.parent.name.startswith("."):
            continue
        if path.parent.name not in FOLDERS:
            ignored.append(name)
            continue
        try:
            read = read_yaml(_text(path))
        except YamlMistake as error:
            problems.append(Problem(file=name, line=error.line, place="", message=error.user_message))
            continue
        documents.append(Document(path=name, folder=path.parent.name, stem=path.stem, read=read))
    if not documents and not problems:
        known = ", ".join(FOLDERS)
        raise InvalidInput(f"{directory} holds no files of a workspace. They lie in: {known}.", place="dir")
    return FolderContent(documents=tuple(documents), problems=tuple(problems), ignored=tuple(ignored))


def write_folder(directory: Path, files: Mapping[str, str], *, with_removal: bool = True) -> Written:
    """Write files that are not so already, and take away those that were written here and are gone now."""
    written, removed = [], []
    try:
        for name, text in sorted(files.items()):
            if _put(directory / name, text):
                written.append(name)
        for folder in FOLDERS if with_removal else ():
            for path in sorted((directory / folder).glob("*.yaml")):
                name = path.relative_to(directory).as_posix()
                if name not in files and _is_ours(path):
                    path.unlink()
                    removed.append(name)
    except OSError as error:
        raise ArtifactError(f"{directory} cannot be written: {error.strerror or error}.") from error
    return Written(written=tuple(written), unchanged=len(files) - len(written), removed=tuple(removed))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise YamlMistake("This is not text in UTF-8.", line=1) from error
    except OSError as error:
        raise YamlMistake(f"It cannot be read: {error.strerror or error}.", line=1) from error


def _put(path: Path, text: str) -> bool:
    content = text.encode()
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        scratch.write_bytes(content)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    return True


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return file.readline(200).startswith(HEADER.encode())
