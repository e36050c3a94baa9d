"""The kinds of things that files speak of, what others stand on first: a new one is one new file plus one line here."""

from core.services.as_code.calendar_kind import CalendarKind
from core.services.as_code.dashboard_kind import DashboardKind
from core.services.as_code.dataset_kind import DatasetKind
from core.services.as_code.destination_kind import DestinationKind
from core.services.as_code.group_kind import GroupKind
from core.services.as_code.kind import FileKind
from core.services.as_code.report_kind import ReportKind
from core.services.as_code.schedule_kind import ScheduleKind
from core.services.as_code.source_kind import SourceKind

KINDS: tuple[FileKind, ...] = (
    CalendarKind(),
    GroupKind(),
    DestinationKind(),
    SourceKind(),
    DatasetKind(),
    ReportKind(),
    DashboardKind(),
    ScheduleKind(),
)
FOLDERS = {kind.folder: kind for kind in KINDS}
