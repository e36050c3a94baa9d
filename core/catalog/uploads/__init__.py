"""Reading of uploaded files: in a process of its own with limits, into typed Parquet."""
