"""PostgreSQL: typed tables, migrations and repositories; rows stop here, domain values go out."""
