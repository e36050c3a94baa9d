"""The archive of what went out, in memory."""

from datetime import timedelta

from core.domain.delivery import DeliveryState
from core.domain.link import Link, LinkTerms
from core.domain.sent import DeliveryStep, SentCopy, SentDelivery, SentFile, SentLine, SentMail
from core.errors import NotFound
from core.services.sent import EVERYTHING

from . import fake_data as data


class FakeSent:
    def __init__(self):
        self.lines = (_line("ada@example.com", DeliveryState.SENT), _line("bob@example.com", DeliveryState.FAILED))

    def list(self, principal, wanted=EVERYTHING, *, page=1, limit=50):
        found = [line for line in self.lines if wanted.search in line.address]
        return data.page_of([line for line in found if wanted.state in (None, line.state)], page, limit)

    def get(self, principal, delivery_id):
        line = next((line for line in self.lines if line.id == delivery_id), None)
        if line is None:
            raise NotFound
        file = SentFile(
            file_name="usage-summary.pdf", media_type="application/pdf", size_bytes=9, sha256="f" * 64, artifact_id=None
        )
        copy = SentCopy(at=data.NOW, subject="Usage Summary", sha256="0" * 64, size_bytes=9, content="", files=(file,))
        step = DeliveryStep(at=data.NOW, state=line.state, attempt=1, message=line.response)
        return SentDelivery(line=line, copy=copy, steps=(step,), links=(_link(line),), bounces=())

    def mail(self, principal, delivery_id):
        html = "<h2 style='font-family:serif'>Usage Summary</h2><p>Sessions by month.</p>"
        return SentMail(subject="Usage Summary", to="ada@example.com", made_at=data.NOW, text="", html=html)

    def original(self, principal, delivery_id):
        return self.lines[0], b"Subject: Usage Summary"


def _line(address, state):
    is_sent = state is DeliveryState.SENT
    return SentLine(
        id=data.make_id(address),
        run_id=data.make_id("run"),
        channel="email",
        address=address,
        destination_id=None,
        destination=None,
        role="to",
        state=state,
        attempt=1,
        created_at=data.NOW,
        sent_at=data.NOW if is_sent else None,
        next_attempt_at=None,
        response="250 queued" if is_sent else None,
        error_message=None if is_sent else "No such mailbox.",
        reference="<1@example.com>",
        title="Usage Summary",
        schedule_id=None,
        schedule_name="Every Monday",
    )


def _link(line):
    return Link(
        id=data.make_id("link"),
        organization_id=data.ORGANIZATION,
        artifact_id=data.make_id("file"),
        run_id=line.run_id,
        file_name="usage-summary.pdf",
        terms=LinkTerms(expires_at=data.NOW + timedelta(days=7)),
        uses=1,
        revoked_at=None,
        created_at=data.NOW,
        created_by=data.ADA,
        created_by_name="Ada",
        reference="r",
    )
