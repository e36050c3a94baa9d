"""What mails of news say: the subject, what it means, and how a failure is mended."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.db.owner_notice_repository import UntoldNews
from core.deliver.notice_mail import NoticeLine, NoticeMail, and_others
from core.domain.notice import NoticeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    subject: str  #: follows the name
    title: str
    why: str
    footer: str
    noun: str = "schedule"  #: what the news is about


_LOOKED_AFTER = "You get this once, because you are an administrator of {organization}."
_OWNED = "because you own the schedules named above in {organization}."
_WORDS: dict[NoticeKind, _Words] = {
    NoticeKind.FAILED: _Words(
        subject="a report did not arrive",
        title="A report did not arrive",
        why="The schedule goes on and tries again at its next time. You hear of this once, and again when it works.",
        footer=f"You get this {_OWNED}",
    ),
    NoticeKind.RECOVERED: _Words(
        subject="works again",
        title="It works again",
        why="There is nothing to do. Slots that failed in between can be tried again from the list of runs.",
        footer=f"You get this once, {_OWNED}",
    ),
    NoticeKind.HELD: _Words(
        subject="waits for your approval",
        title="A report waits for your approval",
        why="Nobody has got it. Open the run, look at its result, and approve or reject it.",
        footer=f"You get this once for each run, {_OWNED}",
    ),
    NoticeKind.STALE: _Words(
        subject="not sent, the data is too old",
        title="The data is too old",
        why="Nothing was sent. Look after the data; the schedule tries again at its next time.",
        footer=f"You get this once for each run, {_OWNED}",
    ),
    NoticeKind.LEFT: _Words(
        subject="paused because the owner left",
        title="Schedules were paused",
        why=(
            "They are paused so that nothing is sent in the name of somebody who left. Hand them over to a member: "
            "from then on their reports show what the new owner may see."
        ),
        footer="You get this once, because you look after the people of {organization}.",
    ),
    NoticeKind.SLOW: _Words(
        subject="your report is still being made",
        title="Your report is still being made",
        why="There is nothing to do: it is sent when it is ready.",
        footer="You get this once, because you asked for this report in {organization}.",
        noun="report",
    ),
    NoticeKind.ALERT: _Words(
        subject="needs looking after",
        title="Broadsheet needs looking after",
        why="Open Operations: it shows what waits, what fails and how much room is left. You hear of this once, and "
        "again when it is over. From where on you are told is set there as well.",
        footer=_LOOKED_AFTER,
    ),
    NoticeKind.ALERT_OVER: _Words(
        subject="is well again",
        title="It is over",
        why="There is nothing to do.",
        footer=_LOOKED_AFTER,
    ),
}

#: How a failure is mended, by the code of its error.
_MENDS: dict[str, str] = {
    "field_missing": "Change the report so that it does without the field, or bring the field back.",
    "invalid_definition": "Open the report and correct it.",
    "source_unavailable": "Check that the source is up and its connection is right, then try the run again.",
    "source_busy": "Try the run again when the source has less to do.",
    "query_failed": "Open the report and look whether its preview works.",
    "query_timed_out": "Ask for a shorter period or fewer rows, or try the run again when the source has less to do.",
    "not_allowed": "Ask an administrator for the permission, or give the schedule another owner.",
    "render_too_large": "Ask for fewer rows, or choose CSV.",
    "disk_full": "Make room on the disk of the data folder, then try the run again.",
    "delivery_failed": "Open the run, look which recipients failed and why, then send it to them again.",
    "attempts_used_up": "Open the run to see how far it came, then try it again.",
    "unexpected": "Try the run again; if it stays like this, ask whoever runs this installation.",
}
#: Errors whose own words tell the mend.
_SAYS_IT_ITSELF = frozenset({"parameters_unfit"})
_MEND = "Open the run to see what happened, then try it again."


def failure_in_words(error_code: str | None, error_message: str | None) -> str:
    """Return what went wrong and how it is mended."""
    reason = (error_message or "The run failed.").strip()
    return reason if error_code in _SAYS_IT_ITSELF else f"{reason} {_MENDS.get(error_code or '', _MEND)}"


def mail_of(news: Sequence[UntoldNews], *, base_url: str) -> NoticeMail:
    """Return the mail that tells one person news of one kind."""
    first, words = news[0], _WORDS[news[0].kind]
    # Several runs of one schedule are several lines about one schedule.
    named = len({one.schedule_id or one.run_id for one in news})
    return NoticeMail(
        subject=f"{and_others(first.about, named, words.noun)}: {words.subject}",
        title=words.title,
        lines=[
            NoticeLine(sentence=f"“{one.about}”: {one.reason}", link=_link(one, base_url), link_text=_link_text(one))
            for one in news
        ],
        why=words.why,
        footer=words.footer.format(organization=first.organization),
    )


def _link(one: UntoldNews, base_url: str) -> str:
    if one.run_id is not None:
        return f"{base_url}/runs?run={one.run_id}"
    if one.schedule_id is not None:
        return f"{base_url}/schedule?schedule={one.schedule_id}"
    return f"{base_url}/operations"


def _link_text(one: UntoldNews) -> str:
    if one.run_id is not None:
        return "Open the run"
    return "Open the schedule" if one.schedule_id is not None else "Open Operations"
