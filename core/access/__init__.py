"""Who may do what: the one policy, passwords and tokens; it knows no database."""
