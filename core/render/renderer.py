"""What a renderer is: the protocol every format implements and the picture it may be handed."""

from dataclasses import dataclass
from typing import BinaryIO, Protocol

from core.domain.artifact import Rendering
from core.domain.branding import Branding
from core.domain.file_options import FileOptions
from core.domain.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartImage:
    """A chart as a PNG; `width` and `height` are its pixels."""

    png: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a file is to be made: the options chosen, what the organization's files look like, a workbook to fill."""

    options: FileOptions = FileOptions()
    branding: Branding = Branding()
    template: bytes | None = None  #: the workbook of `options.xlsx.template_id`


class Renderer(Protocol):
    """Writes a result as a file of one format. It reads no clock: the same result gives the same bytes."""

    @property
    def format(self) -> str:
        """Key in the registry, in definitions and in the API: `csv`."""
        ...

    @property
    def label(self) -> str:
        """What people read: `CSV`."""
        ...

    @property
    def extension(self) -> str:
        """Ending of the file's name, without the dot."""
        ...

    @property
    def media_type(self) -> str:
        """IANA media type of the file."""
        ...

    @property
    def takes_chart(self) -> bool:
        """Whether files of this format carry pictures."""
        ...

    def fitted(self, wishes: Wishes) -> "Renderer":
        """Return the renderer that makes the file as wished; the ending and media type of its files may differ."""
        ...

    def render(
        self, result: Result, target: BinaryIO, *, chart: ChartImage | None = None, chart_note: str | None = None
    ) -> Rendering:
        """Write `result` to `target`, batch by batch, and say what was written.

        `chart` goes into formats that carry pictures. `chart_note` is the sentence such a format prints where a wanted
        picture is missing ("The chart is missing: no browser was found."). Raises RenderError.
        """
        ...
