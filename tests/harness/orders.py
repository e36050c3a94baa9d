"""What daemons are given to do, and what therefore has to arrive: each schedule with every slot it has to run for."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from tests.harness.site import Site

CHANNELS = ("email", "folder")
_MINUTE = timedelta(minutes=1)
_ADD_REPORT = """
WITH made AS (
    INSERT INTO reports (id, organization_id, owner_id, dataset_id, name, version) VALUES (%s, %s, %s, %s, %s, 1)
    RETURNING id, organization_id, owner_id
)
INSERT INTO report_versions (organization_id, report_id, version, definition, definition_sha256, saved_by)
SELECT organization_id, id, 1, %s, repeat('0', 64), owner_id FROM made
"""
_ADD_SCHEDULE = """
INSERT INTO schedules
    (id, organization_id, report_id, owner_id, name, config, recipients, formats, misfire, next_run_at)
VALUES (%s, %s, %s, %s, 'Every day', %s, %s, ARRAY['csv'], 'all', %s)
"""
_ADD_MANY = """
WITH made AS (
    INSERT INTO reports (organization_id, owner_id, dataset_id, name, version)
    SELECT %(organization)s, %(user)s, %(dataset)s, 'Cities ' || n, 1 FROM generate_series(1, %(count)s) AS n
    RETURNING id, organization_id, owner_id
), versions AS (
    INSERT INTO report_versions (organization_id, report_id, version, definition, definition_sha256, saved_by)
    SELECT organization_id, id, 1, %(definition)s, repeat('0', 64), owner_id FROM made
)
INSERT INTO schedules (organization_id, report_id, owner_id, name, config, recipients, formats, misfire, next_run_at)
SELECT organization_id, id, owner_id, 'Every day', %(config)s,
    jsonb_build_array(jsonb_build_object('channel', 'folder', 'address', id || '/{run}', 'role', 'to')),
    ARRAY['csv'], 'all', %(due_at)s
FROM made RETURNING id
"""
_SET_BACK = """
UPDATE schedules s SET next_run_at = r.slot FROM (
    SELECT schedule_id, max(scheduled_for) AS slot FROM runs WHERE kind = 'scheduled' AND schedule_id = ANY(%s)
    GROUP BY schedule_id ORDER BY schedule_id LIMIT %s
) r
WHERE s.id = r.schedule_id AND s.is_active
"""


@dataclass(kw_only=True)
class Orders:
    """Adds schedules, and remembers what each of them owes."""

    site: Site
    slots: dict[UUID, set[datetime]] = field(default_factory=dict)
    #: Schedules that fire every minute, with their first slot; how many there are is known when they end.
    minutely: dict[UUID, datetime] = field(default_factory=dict)

    def add_daily(self, count: int, *, due_at: datetime, channels: tuple[str, ...] = CHANNELS) -> list[UUID]:
        """Add schedules whose one slot is `due_at`. Every third one shares its report with the one before."""
        config = _daily(due_at)
        made, report_id = [], self._report()
        for number in range(count):
            if number % 3 != 1:
                report_id = self._report()
            made.append(self._schedule(report_id, config, due_at, channels))
            self.slots[made[-1]] = {due_at}
        return made

    def add_many(self, count: int, *, due_at: datetime) -> None:
        """Add thousands of schedules of their own reports, each with one slot and a folder."""
        place = self.site
        values = {
            "organization": place.organization_id,
            "user": place.user_id,
            "dataset": place.dataset_id,
            "count": count,
            "definition": Jsonb(self._definition()),
            "config": Jsonb(_daily(due_at)),
            "due_at": due_at,
        }
        self.slots |= {row["id"]: {due_at} for row in place.rows_of(_ADD_MANY, values)}

    def add_minutely(self, *, first: datetime, channels: tuple[str, ...] = ("email",)) -> None:
        """Add a schedule that fires every minute from `first` on, until `end`."""
        config = {"cadence": "cron", "cron_expression": "* * * * *", "timezone": "UTC"}
        self.minutely[self._schedule(self._report(), config, first, channels)] = first

    def end(self) -> None:
        """Let nothing more become due, and note what the minutely ones owe by now."""
        self.site.rows("UPDATE schedules SET is_active = false")
        for row in self.site.rows("SELECT id, next_run_at FROM schedules WHERE id = ANY(%s)", list(self.minutely)):
            first = self.minutely[row["id"]]
            passed = (row["next_run_at"] - first) // _MINUTE
            self.slots[row["id"]] = {first + number * _MINUTE for number in range(passed)}

    def set_back(self, maximum: int) -> None:
        """Do to schedules what a clock does that was ahead and is set back: their last slot is due once more."""
        self.site.rows(_SET_BACK, list(self.slots)[-maximum:], maximum)

    def are_done(self) -> bool:
        """Whether every slot that is due has its run and every run its end."""
        due = self.site.rows("SELECT 1 FROM schedules WHERE is_active AND next_run_at <= now() LIMIT 1")
        return not due and not self.site.rows("SELECT 1 FROM runs WHERE finished_at IS NULL LIMIT 1")

    def _definition(self) -> dict[str, object]:
        return {"dataset_id": str(self.site.dataset_id), "columns": ["id", "city"], "timezone": "UTC", "limit": 1000}

    def _report(self) -> UUID:
        report_id, place = uuid4(), self.site
        place.rows(
            _ADD_REPORT,
            report_id,
            place.organization_id,
            place.user_id,
            place.dataset_id,
            f"Cities {report_id.hex[:8]}",
            Jsonb(self._definition()),
        )
        return report_id

    def _schedule(self, report_id: UUID, config: dict[str, str], due_at: datetime, channels: tuple[str, ...]) -> UUID:
        schedule_id, place = uuid4(), self.site
        addresses = {"email": f"{schedule_id.hex[:12]}@example.com", "folder": f"{schedule_id.hex[:12]}/{{run}}"}
        recipients = [{"channel": channel, "address": addresses[channel], "role": "to"} for channel in channels]
        place.rows(
            _ADD_SCHEDULE,
            schedule_id,
            place.organization_id,
            report_id,
            place.user_id,
            Jsonb(config),
            Jsonb(recipients),
            due_at,
        )
        return schedule_id


def _daily(due_at: datetime) -> dict[str, str]:
    return {"cadence": "daily", "time": f"{due_at.astimezone(UTC):%H:%M}", "timezone": "UTC"}
