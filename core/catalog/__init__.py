"""The catalog: where data comes from and how its tables look; no questions, no people."""
