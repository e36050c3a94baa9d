"""Compiles definitions to SQLAlchemy selects. Data flows one way: definition and relation, rows, groups, result."""
