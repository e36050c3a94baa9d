"""What was done and the limits, in memory."""

from datetime import timedelta

from core.domain.audit_chain import ChainState
from core.domain.audit_reading import AuditEntry, AuditPart
from core.domain.quota import Quota, QuotaUse
from core.errors import NotFound
from core.services.audit import EVERYTHING, ChainEnd

from . import fake_data as data


class FakeAudit:
    def __init__(self):
        self.broken = None
        self.items = [
            _entry(n, "report.viewed" if n else "schedule.changed", before={"name": "Old <b>"}, after={"name": "New"})
            for n in range(50)
        ]

    def list(self, principal, wanted=EVERYTHING, *, limit=50, cursor=None):
        first = int(cursor or 0)
        found = [one for one in self.items if wanted.person in one.actor and wanted.action in ("", one.action)]
        more = len(found) > first + limit
        return AuditPart(items=tuple(found[first : first + limit]), cursor=str(first + limit) if more else None)

    def get(self, principal, event_id):
        found = next((one for one in self.items if one.id == event_id), None)
        if found is None:
            raise NotFound
        return found

    def actions(self, principal):
        return ("report.viewed", "schedule.changed")

    def end(self, principal):
        return ChainEnd(position=50, sha256="0" * 64, linked_at=data.NOW, waiting=2)

    def check(self, principal):
        return ChainState(organization="Acme", position=50, sha256="0" * 64, broken=self.broken)

    def csv(self, principal, wanted=EVERYTHING):
        yield b"at,actor\r\n"


class FakeQuotas:
    def __init__(self):
        self.own = {Quota.SCHEDULES: 5}

    def get(self, principal):
        return tuple(
            QuotaUse(quota=quota, limit=self.own.get(quota), used=3, is_own=quota in self.own) for quota in Quota
        )

    def set(self, principal, changes, *, unset=frozenset()):
        self.own = {quota: value for quota, value in (self.own | changes).items() if quota not in unset}


def _entry(number, action, *, before, after):
    return AuditEntry(
        id=data.make_id(f"event {number}"),
        at=data.NOW - timedelta(minutes=number),
        recorded_at=data.NOW,
        actor_id=data.ADA,
        actor="ada@example.com",
        action=action,
        kind=action.partition(".")[0],
        object_id=data.make_id("thing"),
        object_name=f"Thing {number}",
        before=before,
        after=after,
        is_erased=number == 1,
        position=50 - number,
        sha256="f" * 64,
    )
