"""What the visual cron builder of the screens is made of: choices to a line and back."""

from core.schedules.cron_builder import CronPart, CronParts, PartKind, expression_of, parts_of

__all__ = ["CronPart", "CronParts", "PartKind", "expression_of", "parts_of"]
