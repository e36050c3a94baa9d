"""What is wrong with files as far as that is seen before anything is tried, and which thing each of them speaks of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from core.errors import InvalidInput
from core.services.as_code.desk import Desk
from core.services.as_code.differences import differences
from core.services.as_code.folder import Document, Problem
from core.services.as_code.kind import NOUNS, model_mistakes
from core.services.as_code.kinds import FOLDERS
from core.services.as_code.names import Slot
from core.services.as_code.snapshot import Snapshot, Thing


@dataclass(slots=True, kw_only=True, eq=False)
class Wanted:
    """A file whose keys fit, the thing that is there already, and what it stands on."""

    document: Document
    slot: Slot
    there: Thing | None
    stands_on: list[Slot] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The files by what they speak of, what no file speaks of, and all that is wrong."""

    wanted: tuple[Wanted, ...]
    only_here: tuple[Thing, ...]
    problems: tuple[Problem, ...]


def check_documents(desk: Desk, snapshot: Snapshot, documents: Iterable[Document]) -> Checked:
    """Look at every file by itself, then at what they name."""
    problems: list[Problem] = []
    fitting: list[Document] = []
    for document in documents:
        found = list(_of_shape(document))
        problems += found
        if _fits(document, found):
            fitting.append(document)
    problems += _twice(fitting)
    wanted = _matched(desk, snapshot, fitting)
    bad = {problem.file for problem in problems}
    for one in wanted:
        found = list(_of_references(desk, one))
        problems += found
        one.slot.is_lost = bool(found) or one.document.path in bad
    spoken_of = {id(one.there) for one in wanted if one.there is not None}
    left = tuple(thing for thing in snapshot.things if id(thing) not in spoken_of)
    return Checked(wanted=tuple(wanted), only_here=left, problems=tuple(problems))


def _of_shape(document: Document) -> Iterator[Problem]:
    """Every key that does not fit; where all do, what the content itself does not allow."""
    kind, data = FOLDERS[document.folder], document.read.data
    mistakes = list(model_mistakes(kind.model, data)) or list(kind.mistakes(data))
    return (document.problem(mistake.place, mistake.message) for mistake in mistakes)


def _fits(document: Document, problems: list[Problem]) -> bool:
    """Whether it is known what the file speaks of, so that others can refer to it although it cannot be made."""
    data = document.read.data
    return not problems or (isinstance(data, dict) and isinstance(data.get("name"), str))


def _twice(documents: Iterable[Document]) -> Iterator[Problem]:
    first: dict[tuple[str, str], Document] = {}
    for document in documents:
        if FOLDERS[document.folder].has_namesakes:
            continue
        name = document.read.data["name"]
        before = first.setdefault((document.folder, name.strip().casefold()), document)
        if before is not document:
            yield document.problem("name", f"{before.path} is called {name[:200]!r} already.")


def _matched(desk: Desk, snapshot: Snapshot, documents: Iterable[Document]) -> list[Wanted]:
    """Each file with the thing of its name."""
    named: dict[tuple[str, str], list[Document]] = {}
    for document in documents:
        named.setdefault((document.folder, document.read.data["name"].strip()), []).append(document)
    things: dict[tuple[str, str], list[Thing]] = {}
    for thing in snapshot.things:
        things.setdefault((thing.folder, thing.name), []).append(thing)
    wanted = [
        Wanted(document=document, slot=_slot(desk, document, there), there=there)
        for key, alike in named.items()
        for document, there in _paired(alike, things.get(key, []))
    ]
    for folder in FOLDERS:
        desk.names.settle(folder)
    return sorted(wanted, key=lambda one: one.document.path)


def _paired(documents: list[Document], things: list[Thing]) -> Iterator[tuple[Document, Thing | None]]:
    """Files and things of one name. Where there are several, those belong together that differ least."""
    if len(documents) == 1 and len(things) == 1:
        yield documents[0], things[0]
        return
    distances = [
        (sum(1 for _ in differences(thing.data, document.read.data)), document.path, thing.slot.stem)
        for document in documents
        for thing in things
    ]
    found: dict[str, str] = {}
    for _, path, stem in sorted(distances):
        if path not in found and stem not in found.values():
            found[path] = stem
    by_stem = {thing.slot.stem: thing for thing in things}
    for document in documents:
        yield document, by_stem.get(found.get(document.path, ""))


def _slot(desk: Desk, document: Document, there: Thing | None) -> Slot:
    if there is None:
        name = document.read.data["name"].strip()
        return desk.names.add(Slot(folder=document.folder, name=name, stem=document.stem))
    there.slot.stem = document.stem
    return there.slot


def _of_references(desk: Desk, wanted: Wanted) -> Iterator[Problem]:
    """What a file names and what is nowhere. A file whose keys do not fit is not asked."""
    kind, data = FOLDERS[wanted.document.folder], wanted.document.read.data
    if any(True for _ in model_mistakes(kind.model, data)):
        return
    for reference in kind.references(data):
        try:
            found = desk.names.find(reference.folder, reference.name, noun=NOUNS[reference.folder])
        except InvalidInput as error:
            yield wanted.document.problem(reference.place, error.user_message)
        else:
            wanted.stands_on.append(found)
