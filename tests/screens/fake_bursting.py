"""Recipients in the data in memory, with the signatures the screens call."""

from types import SimpleNamespace

from core.domain.burst_preview import BurstLine, BurstPreview, BurstPreviewLine, Standing
from core.domain.bursting import Outcome
from core.domain.delivery import DeliveryState
from core.domain.page import Page
from core.errors import InvalidInput
from core.services.bursting import Outcomes

from . import fake_data as data


class FakeBursts:
    def __init__(self):
        self.asked = []

    def preview(self, principal, draft, *, schedule_id=None, page=1, limit=100):
        self.asked.append(draft.burst)
        if not draft.burst.pairs:
            raise InvalidInput("Say which field of the recipients picks their rows.", place="recipients[0].pairs")
        lines = (
            BurstPreviewLine(
                line=1, address="ann@example.com", name="Ann", values=("North",), rows=12, standing=Standing.GETS
            ),
            BurstPreviewLine(line=2, address="nobody", standing=Standing.INVALID, reason="It has no @."),
        )
        return BurstPreview(
            lines=Page(items=lines, total=len(lines), page=page, limit=limit),
            counts={Standing.GETS: 1, Standing.INVALID: 1},
            recipients=1,
            parts=1,
            why_many=None,
            are_counted=True,
            size_bytes=1200,
        )

    def outcomes(self, principal, run_id, *, outcome=None, state=None, page=1, limit=50):
        lines = (
            BurstLine(
                line=1,
                address="ann@example.com",
                name="Ann",
                outcome=Outcome.SENT,
                reason="",
                rows=12,
                delivery_id=data.make_id("burst delivery"),
                state=DeliveryState.SENT,
            ),
            BurstLine(
                line=2,
                address="bob@example.com",
                name="Bob",
                outcome=Outcome.SKIPPED,
                reason="There are no rows for them.",
                rows=0,
                delivery_id=None,
                state=None,
            ),
        )
        kept = tuple(line for line in lines if outcome is None or line.outcome is outcome)
        return Outcomes(
            outcomes={Outcome.SENT: 9998, Outcome.SKIPPED: 2, Outcome.REFUSED: 1},
            deliveries={DeliveryState.SENT: 9997, DeliveryState.FAILED: 2},
            lines=Page(items=kept, total=len(kept), page=page, limit=limit),
        )

    def mail_as(self, principal, draft, recipient):
        return SimpleNamespace(subject="For Ann", to=recipient, html="<p>Hello</p>")
