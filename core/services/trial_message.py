"""The message of "Send a test": one small file, marked as a test wherever it may be seen."""

from collections.abc import Sequence
from uuid import uuid4

from core.artifacts.file_names import NameFacts, name_values
from core.clock import Clock
from core.deliver.channel import Channel
from core.domain.access import Principal
from core.domain.delivery import About, Message, MessageFile

_TITLE = "Broadsheet test"
_WORDS = "This is a test. It holds no data."


def trial_message(principal: Principal, channel: Channel, clock: Clock) -> Message:
    """Return a message that a channel may send to see whether it arrives."""
    now, run_id = clock.now(), uuid4()
    file = MessageFile.of("broadsheet-test.txt", "text/plain; charset=utf-8", f"{_WORDS}\n".encode())
    linked: Sequence[MessageFile] = channel.linked((file,))
    facts = NameFacts(
        title=_TITLE,
        period=None,
        logical_at=now,
        timezone=principal.timezone,
        rows=0,
        version=None,
        organization=principal.organization,
    )
    return Message(
        reference=str(run_id),
        subject=_TITLE,
        text=_WORDS,
        html=f"<p>{_WORDS}</p>",
        attachments=() if linked else (file,),
        made_at=now,
        about=About(
            run_id=run_id,
            report_id=None,
            title=_TITLE,
            sentence=_WORDS,
            period=None,
            logical_at=now,
            rows=0,
            names={**name_values(facts, ""), "schedule": "", "run": run_id.hex[:8]},
        ),
    )
