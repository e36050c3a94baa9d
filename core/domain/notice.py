"""Notices: what people are written to about the schedules and runs that are theirs."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """The kinds of news."""

    FAILED = "failed"  #: the runs of a schedule began to fail
    RECOVERED = "recovered"  #: they succeed again
    HELD = "held"  #: a run waits for its owner's approval
    STALE = "stale"  #: nothing was sent because the data is too old
    LEFT = "left"  #: a schedule was paused because its owner left
    SLOW = "slow"  #: a report that somebody waits for is still being made
    ALERT = "alert"  #: administrators have to look after something
    ALERT_OVER = "alert_over"  #: it is over
