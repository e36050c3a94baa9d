"""`doctor`: looks at everything Broadsheet stands on and says how to mend it."""

import json
import logging
from dataclasses import asdict
from typing import Annotated

import typer

from core.settings import load_settings

_MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


def run(as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False) -> None:
    """Check database, storage, mail, browser, fonts, clock, daemon, secrets. Exit code 0: well, 1: warnings, 2: not."""
    from core.bootstrap.checkup import checkup
    from core.services.checkup.finding import Finding, exit_code

    logging.getLogger("core").addHandler(logging.NullHandler())  # what went wrong is said once, as a finding
    findings: list[Finding] = []
    for finding in checkup(load_settings()):
        findings.append(finding)
        if not as_json:
            typer.echo(f"{_MARKS[finding.state]}  {finding.part:<11} {finding.found}")
            if finding.mend:
                typer.echo(f"{'':17} {finding.mend}")
    code = exit_code(tuple(findings))
    if as_json:
        typer.echo(json.dumps({"exit_code": code, "findings": [asdict(finding) for finding in findings]}))
    raise typer.Exit(code)
