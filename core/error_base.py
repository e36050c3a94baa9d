"""What every error of the tree in `core.errors` is, and the one that comes before everything else."""

from typing import ClassVar


class BroadsheetError(Exception):
    """Something went wrong."""

    #: Stable machine-readable name, used in problem details and on runs.
    code: ClassVar[str] = "error"
    #: HTTP status the API answers with.
    http_status: ClassVar[int] = 500
    #: Whether trying again later may succeed without anybody changing anything.
    retryable: ClassVar[bool] = False

    def __init__(self, user_message: str | None = None, *, place: str | None = None) -> None:
        """`user_message`: what happened and the mend, in plain words. `place`: where, as in `filters[0].value`."""
        self.user_message = user_message or (type(self).__doc__ or "Something went wrong.").strip()
        self.place = place
        super().__init__(self.user_message)


class SettingError(BroadsheetError):
    """A setting is missing or wrong."""

    code = "setting_invalid"
