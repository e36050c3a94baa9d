"""The demo workspace: its data, generated from a seed, its datasets and its sample reports."""
