"""The one error tree. Every error that may reach a person carries words for that person.

BroadsheetError
├── SettingError              a setting is missing or wrong; the start stops
├── InvalidInput              what was asked for cannot be; nothing was saved
│   ├── InvalidDefinition     a report definition that does not fit its dataset
│   │   └── FieldMissing      a field it uses is gone from the dataset or the source
│   ├── ParametersUnfit       the values given do not suit what the report asks for now
│   ├── InvalidDataset        a dataset that its source cannot answer
│   ├── InvalidUpload         a file that is not what its name says, or too large
│   ├── InvalidSchedule       a schedule that cannot fire
│   └── InvalidAddress        a recipient or host that is not an address
├── NotSignedIn               no valid session or token
├── NotAllowed                signed in, but lacking the permission
│   └── PolicyRefused         the data policy of a dataset does not give it to this person
│       └── FieldHidden       a field that a report uses does not exist for them
├── NotFound                  no such object for this principal
├── Conflict                  the object changed since it was read
│   └── BreaksReports         the change would break reports; nothing was saved
├── TooManyRequests           asked more often than the limit allows
├── QuotaReached              the organization uses as much as it may
├── SourceError               the source could not answer
│   ├── SourceUnavailable     it cannot be reached (may heal)
│   ├── SourceBusy            all connections it allows are in use (heals)
│   ├── QueryFailed           it refused the query (does not heal by itself)
│   └── QueryTimedOut         the deadline passed
├── RenderError               a file could not be made
│   ├── RenderBroke           the process that made it ended by itself (may heal)
│   ├── RenderTooLarge        making it takes more memory than a file may take
│   └── ChartNotDrawn         there is no browser to draw the picture with, or it does not answer
├── ArtifactError             a file could not be stored or read back
│   └── DiskFull              there is no room for it (may heal)
├── DeliveryError             a recipient could not be served
│   ├── DeliveryRefused       the other side said no for good
│   ├── DeliveryDeferred      the other side said not now (retried)
│   └── DeliveryUnknown       it may or may not have been accepted
├── LeaseLost                 another worker took over this run; drop the work
├── RunCancelled              a person cancelled this run
└── DatabaseUnavailable       the product's own database cannot be reached
"""

from uuid import UUID

from core.error_base import BroadsheetError as BroadsheetError
from core.error_base import SettingError as SettingError


class InvalidInput(BroadsheetError):
    """The request cannot be carried out as it stands."""

    code = "invalid_input"
    http_status = 422


class InvalidDefinition(InvalidInput):
    """The report definition does not fit its dataset."""

    code = "invalid_definition"


class FieldMissing(InvalidDefinition):
    """A field that the report uses is not there any more."""

    code = "field_missing"

    def __init__(self, user_message: str | None = None, *, place: str | None = None, fields: tuple[str, ...]) -> None:
        """`fields`: names of the fields that are gone."""
        self.fields = fields
        super().__init__(user_message, place=place)


class ParametersUnfit(InvalidInput):
    """The report asks for other values than it was given."""

    code = "parameters_unfit"


class InvalidDataset(InvalidInput):
    """The dataset cannot be answered by its source."""

    code = "invalid_dataset"


class InvalidUpload(InvalidInput):
    """The file cannot be read."""

    code = "invalid_upload"
    #: The file that was brought, where it waits to be read otherwise: with another encoding, delimiter or sheet.
    upload_id: UUID | None = None


class InvalidSchedule(InvalidInput):
    """The schedule cannot fire."""

    code = "invalid_schedule"


class InvalidAddress(InvalidInput):
    """Nothing can be delivered to this address."""

    code = "invalid_address"


class NotSignedIn(BroadsheetError):
    """Sign in to go on."""

    code = "not_signed_in"
    http_status = 401


class NotAllowed(BroadsheetError):
    """You do not have the permission for this. Ask an administrator of your organization."""

    code = "not_allowed"
    http_status = 403


class PolicyRefused(NotAllowed):
    """The data policy of this dataset does not give you this."""

    code = "data_policy"


class FieldHidden(PolicyRefused):
    """The report uses a field that does not exist for you."""

    code = "field_hidden"


class NotFound(BroadsheetError):
    """It does not exist, or you may not see it."""

    code = "not_found"
    http_status = 404


class Conflict(BroadsheetError):
    """Somebody changed it since you opened it. Load it again, then make your change."""

    code = "conflict"
    http_status = 409
    changes: tuple[str, ...] = ()  #: what the other one changed, a line each, where that can be said


class BreaksReports(Conflict):
    """Reports use what the change takes away. Change them first, or confirm that they break."""

    code = "breaks_reports"

    def __init__(self, user_message: str | None = None, *, place: str | None = None, reports: tuple[str, ...]) -> None:
        """`reports`: names of the reports that would break."""
        self.reports = reports
        super().__init__(user_message, place=place)


class TooManyRequests(BroadsheetError):
    """Asked too often. Wait a moment."""

    code = "too_many_requests"
    http_status = 429
    retryable = True

    def __init__(self, user_message: str | None = None, *, retry_after_s: int) -> None:
        """`retry_after_s`: whole seconds until the next request is let through."""
        self.retry_after_s = retry_after_s
        super().__init__(user_message or f"Too many requests. Try again in {retry_after_s} s.")


class QuotaReached(BroadsheetError):
    """Your organization uses as much as it may. Ask whoever runs this installation for more."""

    code = "quota_reached"
    http_status = 409


class SourceError(BroadsheetError):
    """The source could not answer."""

    code = "source_error"
    http_status = 502


class SourceUnavailable(SourceError):
    """The source cannot be reached."""

    code = "source_unavailable"
    retryable = True


class SourceBusy(SourceError):
    """The source answers as many queries as it allows. Try again in a moment."""

    code = "source_busy"
    http_status = 503
    retryable = True


class QueryFailed(SourceError):
    """The source refused the query."""

    code = "query_failed"


class QueryTimedOut(SourceError):
    """The source did not answer in time."""

    code = "query_timed_out"
    http_status = 504
    retryable = True


class RenderError(BroadsheetError):
    """The file could not be made."""

    code = "render_failed"


class RenderBroke(RenderError):
    """The file could not be made: the process that makes it broke off."""

    code = "render_broke"
    retryable = True


class RenderTooLarge(RenderError):
    """The file could not be made: it takes more memory than is allowed. Ask for fewer rows, or for CSV."""

    code = "render_too_large"


class ChartNotDrawn(RenderError):
    """The chart could not be drawn."""

    code = "chart_not_drawn"
    http_status = 503


class ArtifactError(BroadsheetError):
    """The file could not be stored or read back."""

    code = "artifact_failed"
    retryable = True


class DiskFull(ArtifactError):
    """The file could not be made: the disk of the data folder is full. Make room there."""

    code = "disk_full"


class DeliveryError(BroadsheetError):
    """The recipient could not be served."""

    code = "delivery_failed"
    http_status = 502


class DeliveryRefused(DeliveryError):
    """The other side refused the delivery for good."""

    code = "delivery_refused"


class DeliveryDeferred(DeliveryError):
    """The other side cannot take the delivery now."""

    code = "delivery_deferred"
    http_status = 503
    retryable = True

    def __init__(self, user_message: str | None = None, *, retry_after_s: int | None = None) -> None:
        """`retry_after_s`: how long the other side asked to be left alone."""
        self.retry_after_s = retry_after_s
        super().__init__(user_message)


class DeliveryUnknown(DeliveryError):
    """The connection broke after everything was handed over: it may or may not have arrived."""

    code = "delivery_unknown"


class LeaseLost(BroadsheetError):
    """Another worker took over this run."""

    code = "lease_lost"


class RunCancelled(BroadsheetError):
    """The run was cancelled."""

    code = "run_cancelled"


class DatabaseUnavailable(BroadsheetError):
    """The product's database cannot be reached."""

    code = "database_unavailable"
    http_status = 503
    retryable = True
