"""When schedules fire, their JSON and their words: pure functions over `ScheduleConfig`."""
