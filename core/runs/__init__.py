"""Runs: the ledger, the pipeline that joins the stages, deliveries, retries and recovery."""
