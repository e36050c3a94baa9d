"""A workspace as files: what it consists of as readable YAML, and files made true again, all or nothing.

One file a kind of thing (`*_kind`), joined in `kinds`. Neither people, runs nor anything secret is in the files.
"""
