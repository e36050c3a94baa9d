"""The kill harness: daemons and a database that die and stop, real sinks, and a checker that trusts neither."""
