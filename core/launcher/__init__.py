"""What `./run` does: one PostgreSQL, one web process and one daemon, started, watched and stopped together."""
