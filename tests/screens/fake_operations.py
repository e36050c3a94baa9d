"""How it stands and what administrators were told, in memory."""

from datetime import timedelta
from uuid import UUID

from core.domain.operations import Daemon, FailingSchedule, Operations, Part, Queue, ReportCost, Scope, Stored
from core.domain.operations_alerts import OF_ORGANIZATION, AlertKind, Alerts, Incident, Threshold, defaults_of

from . import fake_data as data

MINUTE = timedelta(minutes=1)
ACME = UUID(int=7)


class FakeOperations:
    def __init__(self):
        self.asked = None
        self.error = None

    def get(self, principal, *, scope=Scope.ORGANIZATION, days=7, parts=frozenset(Part)):
        if self.error:
            raise self.error
        self.asked = (scope, days)
        where = {"organization_id": ACME, "organization": "Elsewhere"}
        report = ReportCost(
            **where,
            report_id=None,
            title="Usage <b>",
            runs=12,
            p50_s=1.5,
            p95_s=21,
            query_s=90,
            rows_made=5_000,
            bytes_made=2_000_000,
        )
        failing = FailingSchedule(
            schedule_id=data.make_id("failing"),
            organization_id=principal.organization_id,
            organization=principal.organization,
            name="Weekly usage",
            failing_since=data.NOW - 90 * MINUTE,
            failures=3,
            last_run_id=data.make_id("run"),
            last_failed_at=data.NOW - 5 * MINUTE,
            reason="The source is away.",
        )
        heard = {"started_at": data.NOW - 60 * MINUTE, "seen_at": data.NOW}
        return Operations(
            scope=scope,
            at=data.NOW,
            days=days,
            queue=Queue(
                runs={"pending": 4, "running": 1}, deliveries={"retry": 2}, waiting_since=data.NOW - 8 * MINUTE
            ),
            workers=2,
            daemons=(Daemon(host="", process_id=None, is_silent=False, **heard),),
            failing=(failing,),
            slow=(report,),
            costly=(report,),
            stored=(Stored(**where, store="file", format="pdf", files=9, bytes=4_100_000),),
        )


class FakeAlerts:
    def __init__(self):
        self.own = {}

    def get(self, principal, *, scope=Scope.ORGANIZATION):
        limits = {**defaults_of(OF_ORGANIZATION), **self.own}
        return Alerts(
            thresholds=tuple(Threshold(kind=one, limit=limits[one], is_own=one in self.own) for one in OF_ORGANIZATION),
            incidents=(
                Incident(
                    id=data.make_id("incident"),
                    kind=AlertKind.BACKLOG,
                    found="A run has been waiting for 16 minutes to be worked on.",
                    opened_at=data.NOW,
                    closed_at=None,
                ),
            ),
        )

    def set(self, principal, changes, *, unset=frozenset(), scope=Scope.ORGANIZATION):
        self.own = {kind: value for kind, value in (self.own | changes).items() if kind not in unset}
